using Slipway.Model;
using Slipway.Registry.Names;

namespace Slipway.Registry.Endpoints;

/// <summary>
/// What a request's path asks for (OCI Distribution Specification 1.1, "Endpoints"). A repository's name may contain any of the words that end a path
/// ("team/blobs/uploads"), so it is read from the right; and from the target as it was sent, because a server's decoded path has lost what was
/// escaped in it.
/// </summary>
abstract record RegistryRequest
{
    public sealed record Base : RegistryRequest;

    public sealed record Catalog : RegistryRequest;

    public sealed record Tags(RepositoryName Repository) : RegistryRequest;

    /// <param name="Reference">Null where <paramref name="Text"/> is neither tag nor digest.</param>
    public sealed record Manifest(RepositoryName Repository, Reference? Reference, string Text) : RegistryRequest;

    public sealed record Referrers(RepositoryName Repository, Digest Subject) : RegistryRequest;

    public sealed record Blob(RepositoryName Repository, Digest Digest) : RegistryRequest;

    public sealed record StartUpload(RepositoryName Repository) : RegistryRequest;

    /// <param name="Id">Null where <paramref name="Text"/> is no identifier of an upload.</param>
    public sealed record Upload(RepositoryName Repository, Guid? Id, string Text) : RegistryRequest;

    public sealed record Invalid(RegistryError Error) : RegistryRequest;

    /// <param name="target">The request target as it was sent: path and query, or a whole URL (RFC 9112, section 3.2.2).</param>
    public static RegistryRequest Parse(string target)
    {
        var path = target.AsSpan();
        if (path.IndexOf("://") is var scheme and >= 0 && path.IndexOf('/') == scheme + 1)
        {
            path = path[(scheme + 3)..];
            path = path.IndexOf('/') is var slash and >= 0 ? path[slash..] : "/";
        }
        if (path.IndexOfAny('?', '#') is var end and >= 0) path = path[..end];
        if (path is "/v2" or "/v2/") return new Base();
        if (!path.StartsWith("/v2/")) return new Invalid(RegistryError.NoEndpoint());

        var segments = path[4..].ToString().Split('/');
        if (segments is ["_catalog"]) return new Catalog();
        return segments switch
        {
            [.. var name, "tags", "list"] => For(name, repository => new Tags(repository)),
            [.. var name, "manifests", var reference] => For(name, repository => ParseManifest(repository, Decoded(reference))),
            [.. var name, "referrers", var digest] => For(name, repository => WithDigest(digest, parsed => new Referrers(repository, parsed))),
            [.. var name, "blobs", "uploads"] => For(name, repository => new StartUpload(repository)),
            [.. var name, "blobs", "uploads", ""] => For(name, repository => new StartUpload(repository)),
            [.. var name, "blobs", "uploads", var id] => For(name, repository => ParseUpload(repository, id)),
            [.. var name, "blobs", var digest] => For(name, repository => WithDigest(digest, parsed => new Blob(repository, parsed))),
            _ => new Invalid(RegistryError.NoEndpoint()),
        };
    }

    static RegistryRequest For(string[] name, Func<RepositoryName, RegistryRequest> request)
    {
        // Not decoded: no character of a name needs escaping, and an escaped one is a trick.
        var text = string.Join('/', name);
        return RepositoryName.TryParse(text, out var repository) ? request(repository) : new Invalid(RegistryError.NameInvalid(text));
    }

    static RegistryRequest WithDigest(string text, Func<Digest, RegistryRequest> request) =>
        Digest.TryParse(Decoded(text), out var digest) ? request(digest) : new Invalid(RegistryError.DigestInvalid(Decoded(text)));

    // A ':' makes it a digest: a malformed one is an error of the request, where a strange tag is only one that does not exist.
    static RegistryRequest ParseManifest(RepositoryName repository, string text) => Names.Reference.TryParse(text) is { } reference
        ? new Manifest(repository, reference, text)
        : text.Contains(':', StringComparison.Ordinal) ? new Invalid(RegistryError.DigestInvalid(text)) : new Manifest(repository, null, text);

    static Upload ParseUpload(RepositoryName repository, string text) =>
        new(repository, Guid.TryParseExact(text, "D", out var id) ? id : null, text);

    // Some clients escape the ':' of a digest.
    static string Decoded(string segment) => segment.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(segment) : segment;
}
