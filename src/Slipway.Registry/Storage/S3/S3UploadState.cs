using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slipway.Registry.Storage.S3;

/// <summary>
/// What "uploads/UUID" says of an upload:
/// <code>
/// 64 bytes: "slipway-upload 1 LINE LENGTH", spaces, a line feed │ LINE bytes of JSON: this │ the bytes that don't fill a part yet
/// </code>
/// So the length is had by reading 64 bytes: metadata in headers is not the same with all services.
/// </summary>
/// <param name="Multipart">The service's name of the multipart upload; null while the upload is smaller than a part.</param>
/// <param name="Began">When that was made.</param>
/// <param name="Parts">In order, from number 1 on.</param>
/// <param name="Segments">Behind the parts: "uploads/UUID/NAME", in order.</param>
/// <param name="IsWhole">The parts are all of it, and the multipart upload was completed, or was about to be: to read the upload back.</param>
/// <param name="IsAtKey">Something of the upload, not published, is or was at the blob's key.</param>
sealed record S3UploadState(string? Multipart, DateTimeOffset Began, IReadOnlyList<S3Part> Parts, IReadOnlyList<S3Segment> Segments, bool IsWhole, bool IsAtKey)
{
    public const int HeadSize = 64;

    const string Mark = "slipway-upload 1";

    public static S3UploadState None { get; } = new(null, default, [], [], false, false);

    /// <summary>Head and line.</summary>
    public byte[] Write(long length)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(this, S3Json.Default.S3UploadState);
        var head = string.Create(CultureInfo.InvariantCulture, $"{Mark} {line.Length} {length}").PadRight(HeadSize - 1) + "\n";
        return [.. Encoding.ASCII.GetBytes(head), .. line];
    }

    /// <exception cref="IOException">It is none.</exception>
    public static (int Line, long Length) ReadHead(ReadOnlySpan<byte> head)
    {
        var words = Encoding.ASCII.GetString(head).TrimEnd().Split(' ');
        return words is ["slipway-upload", "1", var line, var length]
            && int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var all)
                ? (bytes, all)
                : throw new IOException("it is no upload of this registry; is the bucket's prefix used by something else?");
    }

    public static S3UploadState ReadLine(ReadOnlySpan<byte> line) => JsonSerializer.Deserialize(line, S3Json.Default.S3UploadState)!;
}

readonly record struct S3Part(string Etag, long Size);

/// <param name="Name">Used once, so that a server that lost its hold can change nothing.</param>
readonly record struct S3Segment(string Name, long Size);

[JsonSerializable(typeof(S3UploadState))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
sealed partial class S3Json : JsonSerializerContext;
