using System.Text.Json;

namespace Slipway.Registry.Manifests;

/// <summary>
/// Finds names that only some readers take for a manifest's own. Readers written in Go (docker, containerd, skopeo, scanners) compare names by Unicode's
/// simple folding, in which the long s (U+017F) is an s and the Kelvin sign (U+212A) a k: "layer\u017f" is "layers" to them, and unknown to everyone else.
/// A manifest with both would be checked and scanned as one image and run as another.
/// </summary>
static class FoldedNames
{
    const char LongS = '\u017f', KelvinSign = '\u212a';

    static readonly HashSet<string> Names = new(
        ["schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "subject", "annotations", "digest", "size", "urls"], StringComparer.OrdinalIgnoreCase);

    /// <summary>The first such name, or null. The content is JSON that has been read before.</summary>
    public static string? Find(ReadOnlySpan<byte> content)
    {
        // Written out or as escapes; nearly no manifest has either, and then there is nothing to walk through.
        if (content.IndexOf("\u017f"u8) < 0 && content.IndexOf("\u212a"u8) < 0 && content.IndexOf("\\u"u8) < 0) return null;
        var reader = new Utf8JsonReader(content);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || Text(reader) is not { } name || name.AsSpan().IndexOfAny(LongS, KelvinSign) < 0) continue;
            if (Names.Contains(name.Replace(LongS, 's').Replace(KelvinSign, 'k'))) return name;
        }
        return null;
    }

    static string? Text(in Utf8JsonReader name)
    {
        try
        {
            return name.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: whatever it is read as, it is none of the names.
            return null;
        }
    }
}
