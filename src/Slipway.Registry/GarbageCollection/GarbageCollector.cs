using System.Text.Json;
using Microsoft.Extensions.Logging;
using Slipway.Registry.Events;

namespace Slipway.Registry.GarbageCollection;

/// <summary>
/// Removes what nothing refers to, while pushes go on. It can't remove what is referred to or is being pushed:
/// <code>
/// untagged manifests   only when asked, and old                    ┐ each decided again in the transaction that removes it,
/// links                no reference in the repository, lease ended  │ beside which no other writes
/// blobs                no link                                      ┘
/// objects              no row, looked up under the digest's lock; strays also old
/// </code>
/// HEAD, mount and the end of an upload extend the lease before they answer; a manifest is stored only when the blobs that it refers to have their link.
/// Thread-safe; one collection at a time, of all servers.
/// </summary>
public sealed partial class GarbageCollector
{
    internal const string Upkeep = "collection";

    readonly UntaggedManifests _manifests;
    readonly UnreferencedLinks _links;
    readonly UnlinkedBlobs _blobs;
    readonly Strays _strays;
    readonly EmptyRepositories _repositories;
    readonly UpkeepClaims _claims;
    readonly EventLog _events;
    readonly Database.Database _database;
    readonly RegistryOptions _options;
    readonly TimeProvider _time;
    readonly ILogger<GarbageCollector> _log;

    internal GarbageCollector(
        UntaggedManifests manifests, UnreferencedLinks links, UnlinkedBlobs blobs, Strays strays, EmptyRepositories repositories, UpkeepClaims claims, EventLog events,
        Database.Database database, RegistryOptions options, TimeProvider time, ILogger<GarbageCollector> log)
    {
        (_manifests, _links, _blobs, _strays, _repositories, _claims, _events) = (manifests, links, blobs, strays, repositories, claims, events);
        (_database, _options, _time, _log) = (database, options, time, log);
    }

    /// <summary>Collects, and tells what came of it; null where a collection is under way.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="caller">On whose behalf.</param>
    /// <param name="phase">Is told the name of each part as it begins: manifests, links, blobs, strays, repositories.</param>
    public async Task<CollectionReport?> Collect(CollectionRequest request, Caller caller, Action<string>? phase = null, CancellationToken cancel = default)
    {
        await using var claim = await _claims.TryClaim(Upkeep);
        if (claim is null) return null;
        var tally = new CollectionTally { DryRun = request.DryRun, Now = _time.GetUtcNow() };
        if ((request.UntaggedAfter ?? _options.Collection.UntaggedAfter) is { } age)
        {
            phase?.Invoke("manifests");
            await _manifests.Collect(tally, age, request.GoneSubjects ?? _options.Collection.GoneSubjects, claim.Renew, cancel);
        }
        phase?.Invoke("links");
        await _links.Collect(tally, claim.Renew, cancel);
        phase?.Invoke("blobs");
        await _blobs.Collect(tally, claim.Renew, cancel);
        phase?.Invoke("strays");
        await _strays.Collect(tally, _options.Collection.StrayAge, request.AllStrays, claim.Renew, cancel);
        phase?.Invoke("repositories");
        await _repositories.Collect(tally, claim.Renew, cancel);
        var report = tally.Report(_time.GetUtcNow());
        if (report.DryRun) return report;
        await claim.End(JsonSerializer.Serialize(report, CollectionJson.Default.CollectionReport));
        await Record(report, caller);
        return report;
    }

    /// <summary>The report of the last collection that came to its end, dry runs left out; null before the first.</summary>
    public CollectionReport? LastReport() =>
        _claims.Find(Upkeep) is { Report: { } json } ? JsonSerializer.Deserialize(json, CollectionJson.Default.CollectionReport) : null;

    async Task Record(CollectionReport report, Caller caller)
    {
        LogCollected(report.Blobs + report.Strays, report.BlobBytes + report.StrayBytes, report.Manifests, report.EmptyRepositories, report.Ended - report.Started);
        if (report is { Manifests: 0, Links: 0, Blobs: 0, Strays: 0, EmptyRepositories: 0 }) return;
        await _database.Write(connection => _events.Record(connection, caller, new RegistryEvent
        {
            Action = "delete",
            Target = "garbage",
            Size = report.BlobBytes + report.StrayBytes,
            Detail = $"{report.Blobs + report.Strays} blobs, {report.Manifests} manifests, {report.EmptyRepositories} repositories",
        }));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Garbage collection: {Blobs} blobs with {Bytes} bytes, {Manifests} manifests and {Repositories} empty repositories removed in {Time}")]
    partial void LogCollected(long blobs, long bytes, long manifests, long repositories, TimeSpan time);
}
