using System.Data.Common;
using System.Globalization;
using Dapper;
using Slipway.Registry.Events;
using Slipway.Registry.Manifests;
using Slipway.Registry.Names;
using Slipway.Registry.Rules;
using Slipway.Registry.Signatures;

namespace Slipway.Registry.GarbageCollection;

/// <summary>
/// Manifests that have had no tag for long, are in no index of their repository, and are attached to no manifest there (a signature lives as long as what
/// it signs; what has a tag of its own only for that, as signatures that are made here, goes with it). Those of an index that goes are the next to go.
/// </summary>
sealed class UntaggedManifests(Database.Database database, ManifestCache cache, ImmutableTags immutable, EventLog events)
{
    const int Span = 5000;
    const int Batch = 100;

    const string Condition =
        """
        m.touched < @before
        AND NOT EXISTS (SELECT 1 FROM registry_tags t WHERE t.manifest_id = m.id)
        AND NOT EXISTS (SELECT 1 FROM registry_manifest_references f WHERE f.repository_id = m.repository_id AND f.digest = m.digest)
        AND (m.subject IS NULL OR (@goneSubjects = 1
             AND NOT EXISTS (SELECT 1 FROM registry_manifests s WHERE s.repository_id = m.repository_id AND s.digest = m.subject)))
        """;

    public async Task Collect(CollectionTally tally, TimeSpan age, bool goneSubjects, Func<Task> keepOn, CancellationToken cancel)
    {
        var before = (tally.Now - age).ToString("O", CultureInfo.InvariantCulture);
        long found;
        do
        {
            found = 0;
            var last = database.Read(connection => connection.ExecuteScalar<long?>("SELECT max(id) FROM registry_manifests")) ?? 0;
            for (long from = 0; from < last; from += Span)
            {
                await keepOn();
                cancel.ThrowIfCancellationRequested();
                var page = database.Read(connection => connection.Query<Candidate>(
                    $"""
                    SELECT m.id, m.repository_id, r.name AS repository, m.digest, length(m.content) AS size
                    FROM registry_manifests m JOIN registry_repositories r ON r.id = m.repository_id
                    WHERE m.id > @from AND m.id <= @to AND {Condition}
                    """,
                    new { from, to = from + Span, before, goneSubjects = goneSubjects ? 1 : 0 }).AsList());
                foreach (var batch in page.Chunk(Batch)) found += await Remove(batch, tally, before, goneSubjects);
            }
        }
        // What the removed ones held is looked for again. A dry run removes nothing, so it says only what goes first.
        while (found > 0 && !tally.DryRun);
    }

    async Task<int> Remove(Candidate[] batch, CollectionTally tally, string before, bool goneSubjects)
    {
        var gone = tally.DryRun ? [.. batch] : await database.Write(connection => batch.Where(manifest => Remove(connection, manifest, before, goneSubjects)).ToList());
        foreach (var manifest in gone)
        {
            tally.Manifest(manifest.Repository, manifest.Size);
            if (tally.DryRun) tally.GoneManifests.Add(manifest.Id);
            else if (RepositoryName.TryParse(manifest.Repository, out var repository)) cache.Forget(repository, [manifest.Digest]);
        }
        return gone.Count;
    }

    bool Remove(DbConnection connection, Candidate manifest, string before, bool goneSubjects)
    {
        // Looked at once more, in the transaction that removes it: it may have got a tag since.
        var removed = connection.Execute(
            $"DELETE FROM registry_manifests WHERE id IN (SELECT m.id FROM registry_manifests m WHERE m.id = @Id AND {Condition})",
            new { manifest.Id, before, goneSubjects = goneSubjects ? 1 : 0 }) > 0;
        if (removed)
            events.Record(connection, Caller.Server, new RegistryEvent
            {
                Action = "delete",
                Target = "manifest",
                Repository = manifest.Repository,
                Digest = manifest.Digest,
                Detail = "garbage collection: untagged",
            });
        if (removed) RemoveSignature(connection, manifest);
        return removed;
    }

    void RemoveSignature(DbConnection connection, Candidate signed)
    {
        if (!RepositoryName.TryParse(signed.Repository, out var repository)) return;
        var tag = SignatureTypes.TagOf(Model.Digest.Parse(signed.Digest));
        var signature = connection.QuerySingleOrDefault<Candidate>(
            """
            SELECT m.id, m.repository_id, m.digest, length(m.content) AS size FROM registry_tags t JOIN registry_manifests m ON m.id = t.manifest_id
            WHERE t.repository_id = @RepositoryId AND t.name = @tag AND m.subject = @Digest
            """,
            new { signed.RepositoryId, signed.Digest, tag });
        if (signature is null || immutable.Patterns(connection, repository).Find(tag) is not null) return;
        connection.Execute("DELETE FROM registry_manifests WHERE id = @Id", new { signature.Id });
        events.Record(connection, Caller.Server, new RegistryEvent
        {
            Action = "delete",
            Target = "manifest",
            Repository = signed.Repository,
            Digest = signature.Digest,
            Detail = "garbage collection: what it signs went",
        });
        cache.Forget(repository, [tag, signature.Digest]);
    }

    sealed record Candidate
    {
        public long Id { get; init; }

        public long RepositoryId { get; init; }

        public string Repository { get; init; } = "";

        public string Digest { get; init; } = "";

        public long Size { get; init; }
    }
}
