using System.Data.Common;
using System.Globalization;
using Dapper;

namespace Slipway.Registry.GarbageCollection;

/// <summary>
/// Blobs that a repository keeps for nothing: no manifest of it refers to them, and their lease has ended. Decided in the transaction that removes the
/// link, so that a manifest or a HEAD that came before it keeps the blob, and one that comes after it is told that it is missing.
/// </summary>
sealed class UnreferencedLinks(Database.Database database)
{
    /// <summary>Rows of one look, and links of one transaction: a push waits behind no more than the latter.</summary>
    const int Page = 2000;
    const int Batch = 100;

    // An index may list blobs (BuildKit's cache does), so the kind of the reference does not matter.
    const string Referred = "EXISTS (SELECT 1 FROM registry_manifest_references f WHERE f.repository_id = l.repository_id AND f.digest = b.digest)";

    public async Task Collect(CollectionTally tally, Func<Task> keepOn, CancellationToken cancel)
    {
        var now = tally.Now.ToString("O", CultureInfo.InvariantCulture);
        var freed = tally.DryRun ? FreedByManifests(tally) : null;
        var (repositoryId, blobId) = (0L, 0L);
        while (true)
        {
            await keepOn();
            cancel.ThrowIfCancellationRequested();
            var page = database.Read(connection => connection.Query<Row>(
                $"""
                SELECT l.repository_id, l.blob_id, b.digest, b.size, l.leased_until, CASE WHEN {Referred} THEN 1 ELSE 0 END AS referred
                FROM registry_repository_blobs l JOIN registry_blobs b ON b.id = l.blob_id
                WHERE (l.repository_id, l.blob_id) > (@repositoryId, @blobId)
                ORDER BY l.repository_id, l.blob_id LIMIT @limit
                """,
                new { repositoryId, blobId, limit = Page }).AsList());
            if (page.Count == 0) return;
            var garbage = page.Where(row => string.CompareOrdinal(row.LeasedUntil, now) < 0
                && (row.Referred == 0 || freed?.Contains((row.RepositoryId, row.Digest)) is true));
            foreach (var batch in garbage.Chunk(Batch)) await Remove(batch, tally, now);
            (repositoryId, blobId) = (page[^1].RepositoryId, page[^1].BlobId);
        }
    }

    async Task Remove(Row[] batch, CollectionTally tally, string now)
    {
        var gone = tally.DryRun ? [.. batch] : await database.Write(connection =>
        {
            var removed = batch.Where(row => Remove(connection, row, now)).ToList();
            Rules.QuotaGuard.Removed(connection, removed.Select(row => row.RepositoryId));
            return removed;
        });
        if (gone.Count == 0) return;
        var ids = gone.Select(row => row.RepositoryId).Distinct().ToList();
        var names = database.Read(connection => connection.Query<(long Id, string Name)>("SELECT id, name FROM registry_repositories WHERE id IN @ids", new { ids }))
            .ToDictionary(row => row.Id, row => row.Name);
        foreach (var row in gone)
        {
            tally.Link(names.GetValueOrDefault(row.RepositoryId, "?"), row.Size);
            if (tally.DryRun) tally.GoneLinks[row.BlobId] = tally.GoneLinks.GetValueOrDefault(row.BlobId) + 1;
        }
    }

    static bool Remove(DbConnection connection, Row row, string now) => connection.Execute(
        """
        DELETE FROM registry_repository_blobs
        WHERE repository_id = @RepositoryId AND blob_id = @BlobId AND leased_until < @now
          AND NOT EXISTS (SELECT 1 FROM registry_manifest_references f WHERE f.repository_id = @RepositoryId AND f.digest = @Digest)
        """,
        new { row.RepositoryId, row.BlobId, row.Digest, now }) > 0;

    /// <summary>What only manifests refer to that this dry run would have removed by now.</summary>
    HashSet<(long RepositoryId, string Digest)> FreedByManifests(CollectionTally tally)
    {
        var references = new Dictionary<(long, string), int>();
        foreach (var ids in tally.GoneManifests.Chunk(500))
            foreach (var (repositoryId, digest) in database.Read(connection => connection.Query<(long, string)>(
                "SELECT repository_id, digest FROM registry_manifest_references WHERE manifest_id IN @ids", new { ids }).AsList()))
                references[(repositoryId, digest)] = references.GetValueOrDefault((repositoryId, digest)) + 1;
        return database.Read(connection => references.Where(pair => connection.ExecuteScalar<long>(
                "SELECT count(*) FROM registry_manifest_references WHERE repository_id = @repositoryId AND digest = @digest",
                new { repositoryId = pair.Key.Item1, digest = pair.Key.Item2 }) == pair.Value)
            .Select(pair => pair.Key).ToHashSet());
    }

    sealed record Row
    {
        public long RepositoryId { get; init; }

        public long BlobId { get; init; }

        public string Digest { get; init; } = "";

        public long Size { get; init; }

        public string LeasedUntil { get; init; } = "";

        public long Referred { get; init; }
    }
}
