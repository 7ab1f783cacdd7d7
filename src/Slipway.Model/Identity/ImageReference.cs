using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Slipway.Model;

/// <summary>
/// A reference to an image as people write it: <c>[registry/]repository[:tag][@digest]</c>, normalised as Docker does
/// (distribution/reference: no registry means docker.io, one path segment there means library/, neither tag nor digest means :latest).
/// </summary>
public sealed partial record ImageReference
{
    public const string DockerHub = "docker.io";

    ImageReference(string registry, string repository, string? tag, Digest? digest) =>
        (Registry, Repository, Tag, Digest) = (registry, repository, tag, digest);

    /// <summary>Host and optional port, for example docker.io or 127.0.0.1:8080.</summary>
    public string Registry { get; }

    /// <summary>The repository in that registry, for example library/debian.</summary>
    public string Repository { get; }

    public string? Tag { get; }

    public Digest? Digest { get; }

    /// <summary>The shortest form that means the same: debian:bookworm-slim, not docker.io/library/debian:bookworm-slim.</summary>
    public string Familiar => FamiliarName + Suffix;

    string FamiliarName => Registry != DockerHub ? $"{Registry}/{Repository}"
        : Repository.StartsWith("library/", StringComparison.Ordinal) ? Repository["library/".Length..] : Repository;

    /// <summary>Registry and repository without tag or digest.</summary>
    public string Name => $"{Registry}/{Repository}";

    string Suffix => (Tag is null ? "" : ":" + Tag) + (Digest is null ? "" : "@" + Digest);

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ImageReference? reference)
    {
        reference = null;
        if (string.IsNullOrEmpty(text) || text.Length > 512) return false;

        Digest? digest = null;
        var rest = text;
        if (rest.IndexOf('@', StringComparison.Ordinal) is var at and >= 0)
        {
            if (!Model.Digest.TryParse(rest[(at + 1)..], out var parsed)) return false;
            (digest, rest) = (parsed, rest[..at]);
        }

        string? tag = null;
        if (rest.LastIndexOf(':') is var colon and >= 0 && !rest[colon..].Contains('/', StringComparison.Ordinal))
        {
            (tag, rest) = (rest[(colon + 1)..], rest[..colon]);
            if (!TagPattern().IsMatch(tag)) return false;
        }

        var (registry, repository) = (DockerHub, rest);
        if (rest.IndexOf('/', StringComparison.Ordinal) is var slash and > 0)
        {
            var first = rest[..slash];
            if (first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal) || first == "localhost" || first.Any(char.IsAsciiLetterUpper))
                (registry, repository) = (first, rest[(slash + 1)..]);
        }
        if (registry == "index.docker.io") registry = DockerHub;
        if (registry == DockerHub && !repository.Contains('/', StringComparison.Ordinal)) repository = "library/" + repository;
        if (!RegistryPattern().IsMatch(registry) || !RepositoryPattern().IsMatch(repository)) return false;
        if (tag is null && digest is null) tag = "latest";

        reference = new ImageReference(registry, repository, tag, digest);
        return true;
    }

    /// <exception cref="FormatException">The text is no image reference.</exception>
    public static ImageReference Parse(string text) => TryParse(text, out var reference) ? reference
        : throw new FormatException($"'{text}' is no image reference: expected [registry/]repository[:tag][@digest], in lower case.");

    public ImageReference WithDigest(Digest digest) => new(Registry, Repository, Tag, digest);

    public override string ToString() => Name + Suffix;

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex TagPattern();

    // Labels joined by dots, or an IPv6 address in brackets; then a port (distribution/reference, regexp.go, "domain").
    [GeneratedRegex(@"^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?\z")]
    private static partial Regex RegistryPattern();

    // OCI Distribution Specification 1.1, "Pulling manifests": <name>.
    [GeneratedRegex(@"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex RepositoryPattern();
}
