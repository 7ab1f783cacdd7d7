using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slipway.Registry.Scanning;

/// <summary>
/// The findings of a report as they are stored: a JSON array, compressed. One value and not a row for each: a report is only ever read and replaced whole, and
/// a hundred thousand rows would hold up every other write.
/// </summary>
static class FindingsContent
{
    public static byte[] Pack(IReadOnlyList<Finding> findings)
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true)) JsonSerializer.Serialize(brotli, findings, FindingsJson.Default.IReadOnlyListFinding);
        return packed.ToArray();
    }

    public static IReadOnlyList<Finding> Unpack(byte[] content)
    {
        using var brotli = new BrotliStream(new MemoryStream(content), CompressionMode.Decompress);
        return JsonSerializer.Deserialize(brotli, FindingsJson.Default.IReadOnlyListFinding)!;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, UseStringEnumConverter = true)]
[JsonSerializable(typeof(IReadOnlyList<Finding>))]
sealed partial class FindingsJson : JsonSerializerContext;
