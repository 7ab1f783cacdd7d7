using System.Text;
using Slipway.Model;

namespace Slipway.Pipelines.Images;

/// <summary>
/// Where images stand in our own registry:
/// <code>
/// APP/SERVICE                    what releases run
/// base/REGISTRY/REPOSITORY:TAG   base images under the name they are asked for: base/docker.io/library/debian:bookworm-slim
/// </code>
/// A port's ':' can't stand in a repository's name and becomes "__".
/// </summary>
internal static class ImageNames
{
    public const string BasePrefix = "base/";

    /// <summary>APP/SERVICE as an OCI repository: "My__Web." becomes "my_web". Two services that come out alike share a repository; their digests differ.</summary>
    public static string Repository(AppName app, string service)
    {
        var name = new StringBuilder();
        foreach (var c in service.ToLowerInvariant())
        {
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)) name.Append(c);
            // Separators stand single, and neither first nor last.
            else if (name.Length > 0 && char.IsAsciiLetterOrDigit(name[^1])) name.Append(c is '.' or '_' or '-' ? c : '-');
        }
        while (name.Length > 0 && !char.IsAsciiLetterOrDigit(name[^1])) name.Length--;
        return $"{app}/{(name.Length > 0 ? name.ToString() : "service")}";
    }

    /// <summary>Null where the image has no tag (a digest of another registry does not survive the way through the engine) or a registry that fits into no name.</summary>
    public static (string Repository, string Tag)? Base(ImageReference reference)
    {
        if (reference.Digest is not null || reference.Tag is not { } tag) return null;
        var repository = $"{BasePrefix}{reference.Registry.ToLowerInvariant().Replace(":", "__", StringComparison.Ordinal)}/{reference.Repository}";
        return ImageReference.TryParse("localhost/" + repository, out _) ? (repository, tag) : null;
    }

    /// <summary>The reverse of <see cref="Base"/>.</summary>
    public static ImageReference? FromBase(string repository, string tag)
    {
        var rest = repository[BasePrefix.Length..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0) return null;
        var registry = rest[..slash].Replace("__", ":", StringComparison.Ordinal);
        return ImageReference.TryParse($"{registry}{rest[slash..]}:{tag}", out var reference) ? reference : null;
    }
}
