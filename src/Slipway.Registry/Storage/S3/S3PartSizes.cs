namespace Slipway.Registry.Storage.S3;

/// <summary>
/// How a blob is cut into parts, of which S3 takes 10,000 and none but the last below 5 MiB. A part is as large as a buffer; from some number on, so many buffers
/// are kept as objects first and then sent together as one part, so that memory stays the same for the largest blob.
/// </summary>
/// <param name="Part">Bytes of a buffer.</param>
/// <param name="MergeFrom">Parts before this index are of one buffer.</param>
/// <param name="Merge">Buffers that become one part.</param>
sealed record S3PartSizes(int Part, int MergeFrom, int Merge)
{
    public const int MostParts = 10_000;

    /// <summary>39 GiB in parts of 8 MiB, then 1.2 TiB in parts of 256 MiB.</summary>
    public static S3PartSizes Default { get; } = new(8 << 20, 5000, 32);
}
