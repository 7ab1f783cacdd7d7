using Microsoft.Extensions.Primitives;
using Slipway.Model;

namespace Slipway.Gateway.Sites;

/// <summary>One form of a file that a request can be answered with (RFC 9110, section 3.2): as it is, or encoded.</summary>
sealed class Representation(SiteBytes source, string? coding)
{
    byte[]? _content;

    /// <summary>Where it stands in the site's pack.</summary>
    public long Offset { get; } = source.Offset;

    public long Length { get; } = source.Length;

    /// <summary>Content-Encoding; none for the file as it is.</summary>
    public StringValues Coding { get; } = coding is null ? StringValues.Empty : coding;

    /// <summary>Strong: the same for the same bytes alone.</summary>
    public string ETag { get; } = $"\"{source.Hash}\"";

    /// <summary>Its bytes, where they are kept in memory.</summary>
    public byte[]? Content
    {
        get => Volatile.Read(ref _content);
        set => Volatile.Write(ref _content, value);
    }

    /// <summary>Since <see cref="HotFiles"/> looked last. Raced on purpose: all that a lost write costs is a place in memory.</summary>
    public bool WasUsed { get; set; }
}
