using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Manifests;
using Slipway.Registry.Names;

namespace Slipway.Registry;

/// <summary>The registry's images for the server that it runs in. Repositories are named as in paths: "guestbook/web". Thread-safe.</summary>
public sealed class ImageCatalog
{
    readonly ManifestStore _manifests;
    readonly Listings _listings;

    internal ImageCatalog(ManifestStore manifests, Listings listings) => (_manifests, _listings) = (manifests, listings);

    /// <summary>Names of repositories that have an image, ascending, after <paramref name="after"/>.</summary>
    public IReadOnlyList<string> Repositories(string after = "", int limit = 1000) => _listings.Repositories(after, limit);

    /// <summary>A repository's tags, ascending, after <paramref name="after"/>; none where there is no such repository.</summary>
    public IReadOnlyList<string> Tags(string repository, string after = "", int limit = 1000) =>
        RepositoryName.TryParse(repository, out var name) ? _listings.Tags(name, after, limit) ?? [] : [];

    /// <summary>The image at a tag or digest, or null where there is none, also where the text is neither.</summary>
    public CatalogImage? Find(string repository, string reference) =>
        RepositoryName.TryParse(repository, out var name) && Reference.TryParse(reference) is { } parsed && _manifests.Find(name, parsed) is { } manifest
            ? new CatalogImage(manifest.Digest, manifest.MediaType, manifest.Content.Length)
            : null;

    /// <summary>Points a tag to an image of the repository. False where it does not have that image.</summary>
    /// <exception cref="InvalidInputException">No repository name, or no tag.</exception>
    public Task<bool> Tag(string repository, string tag, Digest digest, CancellationToken cancel = default) =>
        _manifests.Tag(Repository(repository), TagOf(tag), digest, Caller.Server, cancel);

    /// <summary>Removes a tag; the image stays under its digest. False where there is no such tag.</summary>
    /// <exception cref="InvalidInputException">No repository name, or no tag.</exception>
    public Task<bool> Untag(string repository, string tag, CancellationToken cancel = default) =>
        _manifests.Delete(Repository(repository), new Reference.ByTag(TagOf(tag)), Caller.Server, cancel);

    /// <summary>Removes a repository with all its images and uploads. False where there is none.</summary>
    /// <exception cref="InvalidInputException">No repository name.</exception>
    public Task<bool> DeleteRepository(string repository, CancellationToken cancel = default) =>
        _manifests.DeleteRepository(Repository(repository), Caller.Server, cancel);

    /// <summary>What the registry holds in all.</summary>
    public RegistryUsage Usage() => _listings.Usage();

    static RepositoryName Repository(string text) => RepositoryName.TryParse(text, out var name) ? name : throw new InvalidInputException(new Diagnostic
    {
        Message = $"'{text}' is no repository name",
        Key = "repository",
        Found = text,
        Expected = RepositoryName.Rule,
    });

    static TagName TagOf(string text) => TagName.TryParse(text, out var tag) ? tag : throw new InvalidInputException(new Diagnostic
    {
        Message = $"'{text}' is no tag",
        Key = "tag",
        Found = text,
        Expected = TagName.Rule,
    });
}

/// <param name="Digest">Of the manifest or index.</param>
/// <param name="Size">Bytes of the manifest itself.</param>
public sealed record CatalogImage(Digest Digest, string MediaType, long Size);

/// <param name="Bytes">Of all blobs, each counted once however many repositories have it.</param>
public sealed record RegistryUsage(long Repositories, long Tags, long Manifests, long Blobs, long Bytes);
