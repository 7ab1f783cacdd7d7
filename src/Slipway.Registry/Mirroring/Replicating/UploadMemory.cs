using Dapper;
using Slipway.Model;
using Slipway.Registry.Copying;

namespace Slipway.Registry.Mirroring.Replicating;

/// <summary>The sessions of one rule's big blobs, in the database. Thread-safe.</summary>
sealed class UploadMemory(Database.Database database, long rule) : IUploadMemory
{
    public Uri? Find(string repository, Digest digest) => database.Read(connection => connection.ExecuteScalar<string?>(
        "SELECT location FROM registry_replication_uploads WHERE rule_id = @rule AND repository = @repository AND digest = @digest",
        new { rule, repository, digest = digest.Value })) is { } location ? new Uri(location) : null;

    public Task Keep(string repository, Digest digest, Uri? location) => database.Write(connection =>
    {
        if (location is null)
            connection.Execute("DELETE FROM registry_replication_uploads WHERE rule_id = @rule AND repository = @repository AND digest = @digest", new { rule, repository, digest = digest.Value });
        else
            connection.Execute(
                """
                INSERT INTO registry_replication_uploads (rule_id, repository, digest, location) VALUES (@rule, @repository, @digest, @location)
                ON CONFLICT (rule_id, repository, digest) DO UPDATE SET location = excluded.location
                """,
                new { rule, repository, digest = digest.Value, location = location.AbsoluteUri });
    });
}
