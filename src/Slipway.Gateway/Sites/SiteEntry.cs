using System.Globalization;
using Microsoft.Extensions.Primitives;
using Slipway.Gateway.Forwarding;
using Slipway.Model;

namespace Slipway.Gateway.Sites;

/// <summary>One file of a site with all that its answers say, made once.</summary>
sealed class SiteEntry
{
    public SiteEntry(SiteFile source, string control)
    {
        Path = source.Path;
        Modified = DateTimeOffset.FromUnixTimeSeconds(source.Modified);
        LastModified = Modified.ToString("R", CultureInfo.InvariantCulture);
        ContentType = ContentTypes.Of(source.Path);
        CacheControl = control.Length == 0 ? StringValues.Empty : control;
        IsImmutable = control.Contains("immutable", StringComparison.OrdinalIgnoreCase);
        Plain = new Representation(source.Plain, null);
        Brotli = source.Brotli is { } brotli ? new Representation(brotli, "br") : null;
        Gzip = source.Gzip is { } gzip ? new Representation(gzip, "gzip") : null;
    }

    public string Path { get; }

    public DateTimeOffset Modified { get; }

    public StringValues LastModified { get; }

    public StringValues ContentType { get; }

    public StringValues CacheControl { get; }

    /// <summary>Its name says that it never changes.</summary>
    public bool IsImmutable { get; }

    /// <summary>What a cache keeps of it is one form of several.</summary>
    public bool Varies => Brotli is not null || Gzip is not null;

    public Representation Plain { get; }

    public Representation? Brotli { get; }

    public Representation? Gzip { get; }

    /// <summary>By what the client takes (RFC 9110, section 12.5.3); br before gzip where it likes both the same.</summary>
    public Representation Choose(StringValues accept)
    {
        if (!Varies || accept.Count == 0) return Plain;
        var list = accept.ToString();
        var any = Compression.QualityOf(list, "*") ?? 0;
        var brotli = Brotli is null ? 0 : Compression.QualityOf(list, "br") ?? any;
        var gzip = Gzip is null ? 0 : Compression.QualityOf(list, "gzip") ?? any;
        var best = Math.Max(brotli, gzip);
        // Nobody who says nothing of "identity" would rather have more bytes.
        if (best <= 0 || Compression.QualityOf(list, "identity") > best) return Plain;
        return brotli >= gzip ? Brotli! : Gzip!;
    }
}
