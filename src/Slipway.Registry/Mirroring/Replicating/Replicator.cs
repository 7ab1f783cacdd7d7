using System.Collections.Concurrent;
using Dapper;
using Microsoft.Extensions.Logging;
using Slipway.Model;
using Slipway.Registry.Copying;
using Slipway.Registry.GarbageCollection;
using Slipway.Registry.Mirroring.Client;
using Slipway.Registry.Names;

namespace Slipway.Registry.Mirroring.Replicating;

/// <summary>
/// Carries out one run: lists what is to be done, stores the list, then does what waits in it, noting each image as it is done. Killed anywhere, the
/// next one goes on with what still waits, inside a blob too.
/// <code>
/// running ── listed ──► items: waiting ──► copied | skipped | removed | failed ──► done | failed
/// </code>
/// </summary>
sealed partial class Replicator(Database.Database database, Replications rules, LocalStores stores, TimeProvider time, ILogger<Replicator> log)
{
    const int ParallelImages = 3;
    const int ParallelBlobs = 3;

    public async Task Run(ReplicationRow rule, long run, UpkeepClaim claim, CancellationToken cancel)
    {
        string? error = null;
        try
        {
            using var client = new RegistryClient(rules.Remote(rule), time);
            var work = new Work(rule, run, client, rule.Bandwidth is { } limit ? new Throttle(limit, time) : null);
            await List(work, cancel);
            var waiting = database.Read(connection => connection.Query<ItemRow>("SELECT id, repository, reference, action FROM registry_replication_items WHERE run_id = @run AND state = 'waiting' ORDER BY id", new { run }).ToList());
            using var lost = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var renewing = Renew(claim, lost);
            try
            {
                await Parallel.ForEachAsync(waiting, new ParallelOptions { MaxDegreeOfParallelism = ParallelImages, CancellationToken = lost.Token }, async (item, token) => await Do(work, item, token));
            }
            finally
            {
                await lost.CancelAsync();
                await renewing;
            }
        }
        catch (OperationCanceledException)
        {
            // The server ends, or another has the rule: the run stays as it is, and goes on there.
            return;
        }
        catch (Exception failed) when (failed is RemoteException or InvalidDataException or IOException)
        {
            error = failed.Message;
            LogFailed(rule.Name, failed.Message);
        }
        await database.Write(connection => connection.Execute(
            """
            UPDATE registry_replication_runs SET ended = @now, error = @error,
                state = CASE WHEN @error IS NOT NULL OR EXISTS (SELECT 1 FROM registry_replication_items WHERE run_id = @run AND state = 'failed') THEN 'failed' ELSE 'done' END
            WHERE id = @run
            """,
            new { now = Replications.Text(time.GetUtcNow()), error, run }), CancellationToken.None);
    }

    async Task List(Work work, CancellationToken cancel)
    {
        if (database.Read(connection => connection.ExecuteScalar<long>("SELECT listed FROM registry_replication_runs WHERE id = @Run", new { work.Run })) != 0) return;
        var (repositories, tags) = (NamePattern.TryParse(work.Rule.Repository)!, NamePattern.TryParse(work.Rule.Tag)!);
        var found = new List<(string Repository, string Tag)>();
        foreach (var repository in await Repositories(work, repositories, cancel))
            found.AddRange((await Source(work, repository).Tags(cancel)).Where(tags.Matches).Select(tag => (repository, tag)));
        await database.Write(
            connection =>
            {
                if (connection.Execute("UPDATE registry_replication_runs SET listed = 1 WHERE id = @Run AND listed = 0", new { work.Run }) == 0) return;
                foreach (var (repository, tag) in found) Add(connection, work.Run, repository, tag, "copy");
                if (!work.Rule.Deletions) return;
                var there = found.ToHashSet();
                foreach (var (repository, tag) in connection.Query<(string, string)>("SELECT repository, reference FROM registry_replication_copies WHERE rule_id = @Id", new { work.Rule.Id }).ToList())
                    if (!there.Contains((repository, tag))) Add(connection, work.Run, repository, tag, "remove");
            },
            cancel);
    }

    public static void Add(System.Data.Common.DbConnection connection, long run, string repository, string reference, string action) => connection.Execute(
        """
        INSERT INTO registry_replication_items (run_id, repository, reference, action, state, manifests, blobs, bytes) VALUES (@run, @repository, @reference, @action, 'waiting', 0, 0, 0)
        ON CONFLICT (run_id, repository, reference) DO UPDATE SET action = excluded.action, state = excluded.state
        """,
        new { run, repository, reference, action });

    async Task<IReadOnlyList<string>> Repositories(Work work, NamePattern pattern, CancellationToken cancel)
    {
        if (work.IsPush)
        {
            var found = new List<string>();
            for (var last = ""; stores.Listings.Repositories(last, 1000) is { Count: > 0 } page; last = page[^1]) found.AddRange(page.Where(pattern.Matches));
            return found;
        }
        if (work.Rule.Repository.IndexOfAny(['*', '{']) < 0) return [work.Rule.Repository];
        var names = await work.Client.Catalog(Patience.Background, cancel)
            ?? throw new InvalidDataException($"{work.Client.Registry} does not list its repositories, so '{work.Rule.Repository}' can't be looked up there: make a rule for each repository, by its name.");
        return [.. names.Where(pattern.Matches)];
    }

    async Task Do(Work work, ItemRow item, CancellationToken cancel)
    {
        CopyCount? count = null;
        try
        {
            if (item.Action == "remove")
            {
                await Remove(work, item, cancel);
                return;
            }
            IImageSource source = Source(work, item.Repository);
            if (work.Throttle is { } throttle) source = new ThrottledSource(source, throttle);
            var target = Target(work, item.Repository);
            var copy = new ImageCopy(source, target, ParallelBlobs);
            count = copy.Count;
            if (await copy.Copy(item.Reference, withReferrers: true, cancel) is not { } copied)
            {
                await Note(work, item, "skipped", null, count, "it is not there any more");
                return;
            }
            var tagged = await ((IImageSource)target).Resolve(item.Reference, cancel) == copied.Root.Digest;
            foreach (var (tag, manifest) in copied.Companions) await target.PutManifest(manifest, tag, cancel);
            if (!tagged) await target.PutManifest(copied.Root, item.Reference, cancel);
            await Note(work, item, tagged && copied.WasThere ? "skipped" : "copied", copied.Root.Digest, count, null);
        }
        catch (Exception failed) when (failed is IOException or InvalidDataException or InvalidOperationException)
        {
            LogItemFailed(work.Rule.Name, item.Repository, item.Reference, failed.Message);
            await Note(work, item, "failed", null, count, failed.Message);
        }
    }

    async Task Remove(Work work, ItemRow item, CancellationToken cancel)
    {
        var digest = database.Read(connection => connection.ExecuteScalar<string?>(
            "SELECT digest FROM registry_replication_copies WHERE rule_id = @Id AND repository = @Repository AND reference = @Reference", new { work.Rule.Id, item.Repository, item.Reference }));
        var target = Target(work, item.Repository);
        // Somebody else's by now: only what the rule itself put there is removed.
        if (digest is null || (await ((IImageSource)target).Resolve(item.Reference, cancel))?.Value is not { } there || there != digest)
        {
            await Note(work, item, "skipped", null, null, "what is there is not what the rule copied");
            return;
        }
        _ = target is RemoteImages remote ? await remote.Delete(item.Reference, cancel) : await ((LocalImages)target).Delete(item.Reference, cancel);
        await Note(work, item, "removed", null, null, null);
    }

    IImageSource Source(Work work, string repository) => work.IsPush ? Local(repository) : new RemoteImages(work.Client, repository, Patience.Background, work.Places, null);

    IImageTarget Target(Work work, string repository)
    {
        var name = work.Rule.Settings().DestinationOf(repository);
        return work.IsPush ? new RemoteImages(work.Client, name, Patience.Background, work.Places, work.Uploads ??= new UploadMemory(database, work.Rule.Id)) : Local(name);
    }

    LocalImages Local(string repository) => RepositoryName.TryParse(repository, out var name) ? new LocalImages(name, stores)
        : throw new InvalidDataException($"'{repository}' is no name of a repository here: expected {RepositoryName.Rule}");

    Task Note(Work work, ItemRow item, string state, Digest? digest, CopyCount? count, string? error) => database.Write(connection =>
    {
        connection.Execute(
            "UPDATE registry_replication_items SET state = @state, digest = @digest, manifests = @manifests, blobs = @blobs, bytes = @bytes, error = @error, ended = @now WHERE id = @Id",
            new { state, digest = digest?.Value, manifests = count?.Manifests ?? 0, blobs = count?.Blobs ?? 0, bytes = count?.Bytes ?? 0, error, now = Replications.Text(time.GetUtcNow()), item.Id });
        if (digest is not null)
            connection.Execute(
                """
                INSERT INTO registry_replication_copies (rule_id, repository, reference, digest) VALUES (@rule, @Repository, @Reference, @digest)
                ON CONFLICT (rule_id, repository, reference) DO UPDATE SET digest = excluded.digest
                """,
                new { rule = work.Rule.Id, item.Repository, item.Reference, digest = digest.Value.Value });
        else if (item.Action == "remove" && state != "failed")
            connection.Execute("DELETE FROM registry_replication_copies WHERE rule_id = @rule AND repository = @Repository AND reference = @Reference", new { rule = work.Rule.Id, item.Repository, item.Reference });
    });

    async Task Renew(UpkeepClaim claim, CancellationTokenSource lost)
    {
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(5), time, lost.Token);
                await claim.Renew();
            }
        }
        catch (OperationCanceledException)
        {
            // The run has ended.
        }
        catch (InvalidOperationException taken)
        {
            LogLost(taken.Message);
            await lost.CancelAsync();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Replication '{Rule}' could not run: {Reason}")]
    partial void LogFailed(string rule, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Replication '{Rule}' could not copy {Repository}:{Reference}: {Reason}")]
    partial void LogItemFailed(string rule, string repository, string reference, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason}")]
    partial void LogLost(string reason);

    sealed record Work(ReplicationRow Rule, long Run, RegistryClient Client, Throttle? Throttle)
    {
        public bool IsPush => Rule.Direction == "push";

        public ConcurrentDictionary<Digest, string> Places { get; } = new();

        public UploadMemory? Uploads { get; set; }
    }

    sealed record ItemRow
    {
        public long Id { get; init; }

        public string Repository { get; init; } = "";

        public string Reference { get; init; } = "";

        public string Action { get; init; } = "";
    }
}
