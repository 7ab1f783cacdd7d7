namespace Slipway.Registry.Storage.Azure;

/// <summary>
/// How a blob is cut into blocks, of which Azure takes 50,000. A block is as large as a buffer; from some number on, so many of them are put together to one,
/// by reading them back from what is committed, so that memory stays the same for the largest blob.
/// </summary>
/// <param name="Block">Bytes of a buffer.</param>
/// <param name="MergeFrom">Blocks before this index stay as they are.</param>
/// <param name="Merge">Blocks that become one.</param>
sealed record BlockSizes(int Block, int MergeFrom, int Merge)
{
    public const int MostBlocks = 50_000;

    /// <summary>312 GiB in blocks of 8 MiB, then 1.2 TiB in blocks of 128 MiB.</summary>
    public static BlockSizes Default { get; } = new(8 << 20, 40_000, 16);
}

/// <param name="Id">Base64 of 16 random bytes: an attempt that comes late can never change what another has written.</param>
readonly record struct AzureBlock(string Id, long Size);
