using Dapper;
using Slipway.Registry.Events;

namespace Slipway.Registry.GarbageCollection;

/// <summary>Repositories that hold nothing and into which nothing is being pushed: their row goes, as it came.</summary>
sealed class EmptyRepositories(Database.Database database, EventLog events)
{
    const int Page = 500;

    const string Condition =
        """
        NOT EXISTS (SELECT 1 FROM registry_manifests m WHERE m.repository_id = r.id)
        AND NOT EXISTS (SELECT 1 FROM registry_repository_blobs l WHERE l.repository_id = r.id)
        AND NOT EXISTS (SELECT 1 FROM registry_uploads u WHERE u.repository_id = r.id)
        """;

    public async Task Collect(CollectionTally tally, Func<Task> keepOn, CancellationToken cancel)
    {
        var after = 0L;
        while (true)
        {
            await keepOn();
            cancel.ThrowIfCancellationRequested();
            var page = database.Read(connection => connection.Query<(long Id, string Name)>(
                $"SELECT r.id, r.name FROM registry_repositories r WHERE r.id > @after AND {Condition} ORDER BY r.id LIMIT @limit",
                new { after, limit = Page }).AsList());
            if (page.Count == 0) return;
            tally.EmptyRepositories += tally.DryRun ? page.Count : await Remove(page);
            after = page[^1].Id;
        }
    }

    Task<int> Remove(List<(long Id, string Name)> page) => database.Write(connection =>
    {
        var gone = 0;
        foreach (var (id, name) in page)
        {
            if (connection.Execute($"DELETE FROM registry_repositories WHERE id IN (SELECT r.id FROM registry_repositories r WHERE r.id = @id AND {Condition})", new { id }) == 0) continue;
            events.Record(connection, Caller.Server, new RegistryEvent { Action = "delete", Target = "repository", Repository = name, Detail = "garbage collection: empty" });
            gone++;
        }
        return gone;
    });
}
