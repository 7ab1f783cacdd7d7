using System.Data.Common;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Manifests;
using Slipway.Registry.Names;

namespace Slipway.Registry.Signatures;

/// <summary>
/// Where signatures of an image stand in its repository:
/// <code>
/// tag sha256-HEX.sig           cosign: layers with a payload and its signature
/// referrers of the image       cosign (OCI 1.1), Sigstore bundles, Notary Project
/// and of indexes that have it  who signs an index signs its entries, which it names by digest
/// </code>
/// </summary>
sealed class SignatureSearch(Database.Database database, ManifestStore manifests)
{
    const int MaxIndexes = 16, MaxRepositories = 16;

    /// <summary>Manifests that carry signatures, at most so many of each kind: a repository with more is no reason to work without end.</summary>
    public const int MaxManifests = 64;

    /// <summary>The repositories that have the image.</summary>
    public IReadOnlyList<RepositoryName> Repositories(Digest digest)
    {
        var names = database.Read(connection => connection.Query<string>(
            "SELECT r.name FROM registry_manifests m JOIN registry_repositories r ON r.id = m.repository_id WHERE m.digest = @digest ORDER BY r.name LIMIT @limit",
            new { digest = digest.Value, limit = MaxRepositories }).AsList());
        return [.. names.Select(name => RepositoryName.TryParse(name, out var repository) ? repository : throw new InvalidDataException($"'{name}' is stored as a repository, and is no name of one."))];
    }

    /// <summary>The image itself first.</summary>
    public IReadOnlyList<StoredManifest> Signed(RepositoryName repository, StoredManifest image) =>
    [
        image,
        .. database.Read(connection => connection.Query<string>(
                """
                SELECT m.digest FROM registry_manifest_references f JOIN registry_manifests m ON m.id = f.manifest_id JOIN registry_repositories r ON r.id = f.repository_id
                WHERE r.name = @repository AND f.digest = @digest AND f.kind = 'manifest' ORDER BY m.digest LIMIT @limit
                """,
                new { repository = repository.Value, digest = image.Digest.Value, limit = MaxIndexes }).AsList())
            .Select(digest => manifests.Find(repository, new Reference.ByDigest(Digest.Parse(digest)))).OfType<StoredManifest>(),
    ];

    /// <summary>What carries signatures of the image, each once, with its artifact type; cosign's for the one at its tag.</summary>
    public IEnumerable<(StoredManifest Manifest, string Type)> Of(RepositoryName repository, Digest signed)
    {
        var seen = new HashSet<Digest>();
        if (TagName.TryParse(SignatureTypes.TagOf(signed), out var tag) && manifests.Find(repository, new Reference.ByTag(tag)) is { } tagged && seen.Add(tagged.Digest))
            yield return (tagged, SignatureTypes.CosignArtifact);
        foreach (var type in (string[])[SignatureTypes.CosignArtifact, SignatureTypes.Bundle, SignatureTypes.Notary])
            foreach (var digest in database.Read(connection => Referrers(connection, repository, signed, type)))
                if (seen.Add(digest) && manifests.Find(repository, new Reference.ByDigest(digest)) is { } manifest) yield return (manifest, type);
    }

    // Attestations come as bundles too, and there may be many: those that say so are left to others.
    static List<Digest> Referrers(DbConnection connection, RepositoryName repository, Digest subject, string type) => [.. connection.Query<string>(
        """
        SELECT m.digest FROM registry_manifests m JOIN registry_repositories r ON r.id = m.repository_id
        WHERE r.name = @repository AND m.subject = @subject AND m.artifact_type = @type
          AND (m.annotations IS NULL OR m.annotations NOT LIKE @attests OR m.annotations LIKE @signs)
        ORDER BY m.created, m.digest LIMIT @limit
        """,
        new
        {
            repository = repository.Value, subject = subject.Value, type, limit = MaxManifests,
            attests = $"%\"{SignatureTypes.BundlePredicate}\"%", signs = $"%{SignatureTypes.SignPredicate}%",
        }).Select(Digest.Parse)];
}
