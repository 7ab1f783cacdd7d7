using System.Data.Common;
using System.Globalization;
using Dapper;
using Slipway.Registry.Events;
using Slipway.Registry.Images;
using Slipway.Registry.Manifests;

namespace Slipway.Registry.Rules.Retention;

/// <summary>
/// Carries a decision out, in small writes. Each write looks again at what it removes: a tag that was pushed since, a rule or a release that came since
/// keeps its image. What belongs together (an index, its entries, what is attached to them) goes in one write, so that a kill leaves no half of it.
/// </summary>
sealed class RetentionRemoval(Database.Database database, ManifestCache cache, ImmutableTags immutable, ImageUses uses, EventLog events)
{
    /// <summary>Manifests or tags of one write, about: a push waits behind no more.</summary>
    const int Batch = 100;

    public async Task<(IReadOnlyList<TagVerdict> Tags, long Manifests)> Remove(RepositorySnapshot repository, RetentionOutcome outcome, Caller caller, CancellationToken cancel)
    {
        var (tags, manifests) = (new List<TagVerdict>(), 0L);
        var going = outcome.Tags.Where(verdict => !verdict.Keeps).ToList();
        var gone = outcome.Gone.Select(manifest => manifest.Id).ToHashSet();
        foreach (var batch in going.Where(verdict => !gone.Contains(verdict.Tag.ManifestId)).Chunk(Batch))
            await Write(connection => batch.Where(verdict => RemoveTag(connection, repository, verdict, caller)).ToList(), []);
        var byManifest = going.ToLookup(verdict => verdict.Tag.ManifestId);
        foreach (var batch in Batches(outcome.Gone))
            await Write(
                connection =>
                {
                    var inUse = uses(connection).Where(use => use.Repository == repository.Name.Value).Select(use => use.Digest.Value).ToHashSet();
                    return [.. batch.Where(manifest => !inUse.Contains(manifest.Digest) && RemoveManifest(connection, repository, manifest, byManifest[manifest.Id], caller))
                        .SelectMany(manifest =>
                        {
                            manifests++;
                            return byManifest[manifest.Id];
                        })];
                },
                batch);
        return (tags, manifests);

        async Task Write(Func<DbConnection, List<TagVerdict>> remove, IReadOnlyList<ManifestFact> touched)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                tags.AddRange(await database.Write(
                    connection =>
                    {
                        var removed = remove(connection);
                        QuotaGuard.Removed(connection, repository.Name.Value);
                        return removed;
                    },
                    CancellationToken.None));
            }
            finally
            {
                cache.Forget(repository.Name, going.Select(verdict => verdict.Tag.Name).Concat(touched.Select(manifest => manifest.Digest)));
            }
        }
    }

    bool RemoveTag(DbConnection connection, RepositorySnapshot repository, TagVerdict verdict, Caller caller)
    {
        if (immutable.Patterns(connection, repository.Name).Find(verdict.Tag.Name) is not null || !StillPoints(connection, repository, verdict.Tag)) return false;
        connection.Execute("DELETE FROM registry_tags WHERE repository_id = @Id AND name = @tag", new { repository.Id, tag = verdict.Tag.Name });
        Record(connection, caller, repository, "tag", verdict.Tag.Name, null, verdict.Reason);
        return true;
    }

    bool RemoveManifest(DbConnection connection, RepositorySnapshot repository, ManifestFact manifest, IEnumerable<TagVerdict> tags, Caller caller)
    {
        var going = tags.ToList();
        var patterns = immutable.Patterns(connection, repository.Name);
        var now = connection.Query<string>("SELECT name FROM registry_tags WHERE manifest_id = @Id", new { manifest.Id }).ToHashSet();
        if (!now.SetEquals(going.Select(verdict => verdict.Tag.Name)) || going.Any(verdict => patterns.Find(verdict.Tag.Name) is not null || !StillPoints(connection, repository, verdict.Tag)))
            return false;
        // What held it has gone before it, or stays, and then it stays too.
        if (connection.ExecuteScalar<long>(
                """
                SELECT (SELECT count(*) FROM registry_manifest_references WHERE repository_id = @repository AND digest = @Digest)
                     + (SELECT count(*) FROM registry_manifests WHERE repository_id = @repository AND digest = @Subject)
                     + (SELECT count(*) FROM registry_manifests WHERE id = @Id AND touched <> @touched)
                """,
                new { repository = repository.Id, manifest.Digest, manifest.Subject, manifest.Id, touched = Text(manifest.Touched) }) > 0)
            return false;
        if (connection.Execute("DELETE FROM registry_manifests WHERE id = @Id", new { manifest.Id }) == 0) return false;
        foreach (var verdict in going) Record(connection, caller, repository, "tag", verdict.Tag.Name, manifest.Digest, verdict.Reason);
        Record(connection, caller, repository, "manifest", null, manifest.Digest, going.Count > 0 ? null : "untagged, or part of what went");
        return true;
    }

    static bool StillPoints(DbConnection connection, RepositorySnapshot repository, TagFact tag) => connection.ExecuteScalar<long>(
        "SELECT count(*) FROM registry_tags WHERE repository_id = @Id AND name = @Name AND manifest_id = @ManifestId AND updated = @updated",
        new { repository.Id, tag.Name, tag.ManifestId, updated = Text(tag.Pushed) }) > 0;

    void Record(DbConnection connection, Caller caller, RepositorySnapshot repository, string target, string? tag, string? digest, string? reason) =>
        events.Record(connection, caller, new RegistryEvent
        {
            Action = "delete", Target = target, Repository = repository.Name.Value, Tag = tag, Digest = digest, Detail = reason is null ? "retention" : $"retention: {reason}",
        });

    /// <summary>In an order in which holders come before what they hold; what belongs together is never parted.</summary>
    static IEnumerable<IReadOnlyList<ManifestFact>> Batches(IReadOnlyList<ManifestFact> gone)
    {
        var byDigest = gone.ToDictionary(manifest => manifest.Digest);
        var referrers = gone.Where(manifest => manifest.Subject is { } subject && byDigest.ContainsKey(subject)).ToLookup(manifest => manifest.Subject!);
        var held = gone.SelectMany(manifest => manifest.Children).Where(byDigest.ContainsKey).Concat(referrers.SelectMany(group => group).Select(manifest => manifest.Digest)).ToHashSet();
        var placed = new HashSet<long>();
        var batch = new List<ManifestFact>();
        foreach (var root in gone.OrderBy(manifest => held.Contains(manifest.Digest)))
        {
            Place(root);
            if (batch.Count < Batch) continue;
            yield return batch;
            batch = [];
        }
        if (batch.Count > 0) yield return batch;

        void Place(ManifestFact first)
        {
            var waiting = new Queue<ManifestFact>([first]);
            while (waiting.TryDequeue(out var manifest))
            {
                if (!placed.Add(manifest.Id)) continue;
                batch.Add(manifest);
                foreach (var child in manifest.Children)
                    if (byDigest.TryGetValue(child, out var found)) waiting.Enqueue(found);
                foreach (var referrer in referrers[manifest.Digest]) waiting.Enqueue(referrer);
            }
        }
    }

    static string Text(DateTimeOffset moment) => moment.ToString("O", CultureInfo.InvariantCulture);
}
