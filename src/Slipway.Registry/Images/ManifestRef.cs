using System.Data.Common;
using Dapper;

namespace Slipway.Registry.Images;

/// <summary>A stored manifest without its content.</summary>
sealed record ManifestRef
{
    /// <summary>Of registry_manifests m.</summary>
    public const string Columns = "m.id, m.repository_id, m.digest, m.media_type, length(m.content) AS size";

    public long Id { get; init; }

    public long RepositoryId { get; init; }

    public string Digest { get; init; } = "";

    public string MediaType { get; init; } = "";

    public long Size { get; init; }

    public static ManifestRef? Find(DbConnection connection, ImageName name) => connection.QuerySingleOrDefault<ManifestRef>(
        name.Reference is Names.Reference.ByDigest
            ? $"SELECT {Columns} FROM registry_manifests m JOIN registry_repositories r ON r.id = m.repository_id WHERE r.name = @repository AND m.digest = @reference"
            : $"SELECT {Columns} FROM registry_tags t JOIN registry_repositories r ON r.id = t.repository_id JOIN registry_manifests m ON m.id = t.manifest_id WHERE r.name = @repository AND t.name = @reference",
        new { repository = name.Repository.Value, reference = name.Reference.Text });
}
