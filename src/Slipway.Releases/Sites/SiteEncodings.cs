using System.Collections.Frozen;
using System.IO.Compression;

namespace Slipway.Releases.Sites;

/// <summary>One content coding, at the price of what is done once for each version and never for a request.</summary>
sealed record SiteEncoding(string Name, Func<byte[], byte[]> Encode);

static class SiteEncodings
{
    /// <summary>Less than a packet is not worth it, and what is very large would keep a release waiting.</summary>
    const long Shortest = 1024, Longest = 32 << 20;

    const int BrotliQuality = 9;

    static readonly FrozenSet<string> Types = FrozenSet.ToFrozenSet(
    [
        ".atom", ".cjs", ".css", ".csv", ".eot", ".geojson", ".htm", ".html", ".ico", ".js", ".json", ".map", ".md", ".mjs", ".otf", ".rss", ".svg", ".ttf", ".txt", ".wasm", ".webmanifest",
        ".xhtml", ".xml", ".yaml", ".yml",
    ], StringComparer.OrdinalIgnoreCase);

    public static SiteEncoding Brotli { get; } = new("br", content =>
    {
        using var made = new MemoryStream();
        using (var encoder = new BrotliStream(made, new BrotliCompressionOptions { Quality = BrotliQuality }, leaveOpen: true)) encoder.Write(content);
        return made.ToArray();
    });

    public static SiteEncoding Gzip { get; } = new("gzip", content =>
    {
        using var made = new MemoryStream();
        using (var encoder = new GZipStream(made, CompressionLevel.SmallestSize, leaveOpen: true)) encoder.Write(content);
        return made.ToArray();
    });

    public static bool IsWorthIt(string path, long length) => length is >= Shortest and <= Longest && Types.Contains(Path.GetExtension(path));
}
