using System.Data.Common;
using System.Globalization;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Images;
using Slipway.Registry.Names;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Scanning;

/// <summary>What scans have found, and asking for more. Reports are known by digest, in whichever repository they were made. Thread-safe.</summary>
public sealed class Scans
{
    public const int MaxPage = 5000;

    readonly Database.Database _database;
    readonly ScanQueue _queue;

    internal Scans(Database.Database database, ScanQueue queue) => (_database, _queue) = (database, queue);

    /// <summary>
    /// What is known of an image's vulnerabilities; null where the repository has no such manifest, or it is nothing that can be scanned (a chart, a
    /// signature). An image without a report has <see cref="ScanSummary.Scanned"/> null, whatever its state is.
    /// </summary>
    public ScanSummary? Summary(string repository, Digest digest) =>
        Reference(repository, digest) is not { } name ? null : _database.Read(connection => Load(connection, name) is { } found ? SummaryOf(connection, found) : null);

    /// <summary>Everything that was found in an image, of an index in all its images, the worst first; empty where there is no report. For rules that ask about single vulnerabilities.</summary>
    public IReadOnlyList<Finding> Findings(string repository, Digest digest) =>
        Reference(repository, digest) is not { } name ? [] : _database.Read<IReadOnlyList<Finding>>(connection => Load(connection, name) is { } found ? FindingsOf(connection, found.Targets) : []);

    /// <param name="image">team/app, team/app:1.2, team/app@sha256:...</param>
    /// <exception cref="InvalidInputException">No image's name.</exception>
    /// <exception cref="NotFoundException">There is no such image.</exception>
    /// <exception cref="ConflictException">It is nothing that can be scanned.</exception>
    public ScanSummary Status(string image) => _database.Read(connection => SummaryOf(connection, LoadFit(connection, ImageName.Parse(image)))!);

    /// <summary>What was found in an image, a page of it, the worst first.</summary>
    /// <param name="image">As for <see cref="Status"/>, and the same errors.</param>
    /// <param name="least">Nothing below this severity.</param>
    /// <param name="after">How many to leave out.</param>
    /// <param name="limit">At most; 1 to 5,000.</param>
    public FindingReport Report(string image, Severity least, int after, int limit) => _database.Read(connection =>
    {
        var found = LoadFit(connection, ImageName.Parse(image));
        var all = FindingsOf(connection, found.Targets).Where(finding => finding.Severity >= least).ToList();
        var page = all.Skip(Math.Max(after, 0)).Take(Math.Clamp(limit, 1, MaxPage)).ToList();
        var end = Math.Max(after, 0) + page.Count;
        return new FindingReport
        {
            Image = $"{found.Repository}@{found.Digest}", Scan = SummaryOf(connection, found)!, Findings = page, Total = all.Count, Next = end < all.Count ? end : null,
        };
    });

    /// <summary>Queues the image, of an index each of its images that are here, before all that was not asked for by a person. One that is being scanned goes on.</summary>
    /// <exception cref="InvalidInputException">No image's name.</exception>
    /// <exception cref="NotFoundException">There is no such image.</exception>
    /// <exception cref="ConflictException">It is nothing that can be scanned, or no scanner is set.</exception>
    public async Task<ScanSummary> Request(string image, Caller caller, CancellationToken cancel)
    {
        var name = ImageName.Parse(image);
        var summary = await _database.Write(
            connection =>
            {
                var found = LoadFit(connection, name);
                if (ScannerRow.Find(connection) is not { } scanner) throw Scanner.Missing();
                if (found.Targets.Select(target => target.MediaType).FirstOrDefault(type => !scanner.Consumed.Contains(type)) is { } other)
                    throw new ConflictException($"{scanner.Title} scans no images of type {other}, only {string.Join(", ", scanner.Consumed)}.");
                foreach (var target in found.Targets) _queue.Ask(connection, target, caller.Name);
                return SummaryOf(connection, found)!;
            },
            cancel);
        _queue.Signal();
        return summary;
    }

    /// <summary>Of several manifests of a repository at once; those that can't be scanned are left out.</summary>
    internal static Dictionary<long, ScanSummary> Summaries(DbConnection connection, long repositoryId, IReadOnlyCollection<ScanManifest> manifests)
    {
        var targets = ScanTarget.Of(connection, repositoryId, manifests);
        var all = targets.Values.SelectMany(list => list).ToList();
        var reports = ScanReportRow.Newest(connection, all.Select(target => target.Digest.Value));
        var jobs = Jobs(connection, all);
        var indexes = manifests.Where(manifest => Scannable.IsIndex(manifest.MediaType)).Select(manifest => manifest.Id).ToHashSet();
        return targets.Where(pair => pair.Value.Count > 0).ToDictionary(pair => pair.Key, pair =>
        {
            var each = pair.Value.Select(target => new PlatformScan(target.Platform, target.Digest, One(target, reports, jobs))).ToList();
            return indexes.Contains(pair.Key) ? Together(each) : each[0].Scan;
        });
    }

    static ScanSummary One(ScanTarget target, Dictionary<string, ScanReportRow> reports, ILookup<string, JobRow> jobs)
    {
        var report = reports.GetValueOrDefault(target.Digest.Value);
        // Another repository's job counts only as far as it is about to bring a report: why it failed there is nobody's business here.
        var job = jobs[target.Digest.Value].FirstOrDefault(one => one.ManifestId == target.Id && one.State != "unfit")
            ?? jobs[target.Digest.Value].Where(one => one.State is "queued" or "running").Select(one => one with { Reason = null }).FirstOrDefault();
        var state = job?.State switch { "queued" => ScanState.Queued, "running" => ScanState.Running, "failed" => ScanState.Failed, _ => report is null ? ScanState.None : ScanState.Done };
        // It failed here, and was scanned elsewhere since.
        if (state == ScanState.Failed && report is not null && string.CompareOrdinal(report.Scanned, job!.Ended) > 0) state = ScanState.Done;
        return new ScanSummary
        {
            State = state,
            Scanned = report is null ? null : DateTimeOffset.Parse(report.Scanned, CultureInfo.InvariantCulture),
            Scanner = report?.Scanner,
            Worst = report?.Counts.Worst ?? Severity.None,
            Counts = report?.Counts ?? new SeverityCounts(),
            Fixable = report?.Fixable ?? 0,
            Reason = state == ScanState.Done ? null : job?.Reason,
        };
    }

    static ScanSummary Together(List<PlatformScan> platforms)
    {
        var scans = platforms.ConvertAll(platform => platform.Scan);
        var worst = scans.Aggregate((one, other) => other.Counts.CompareTo(one.Counts) > 0 ? other : one);
        // What is still to come, then what never comes, then what is here.
        var state = ((ScanState[])[ScanState.Running, ScanState.Queued, ScanState.Failed, ScanState.None, ScanState.Done]).First(one => scans.Exists(scan => scan.State == one));
        return new ScanSummary
        {
            State = state,
            Scanned = scans.Exists(scan => scan.Scanned is null) ? null : scans.Min(scan => scan.Scanned),
            Scanner = worst.Scanner,
            Worst = worst.Worst,
            Counts = worst.Counts,
            Fixable = worst.Fixable,
            Reason = scans.Find(scan => scan.State == state)?.Reason,
            Platforms = platforms,
        };
    }

    static ILookup<string, JobRow> Jobs(DbConnection connection, List<ScanTarget> targets) => targets.Select(target => target.Digest.Value).Distinct().Chunk(500)
        .SelectMany(some => connection.Query<JobRow>("SELECT manifest_id, digest, state, reason, ended FROM registry_scans WHERE digest IN @some ORDER BY manifest_id", new { some }))
        .ToLookup(row => row.Digest);

    static List<Finding> FindingsOf(DbConnection connection, List<ScanTarget> targets)
    {
        var reports = ScanReportRow.Newest(connection, targets.Select(target => target.Digest.Value));
        var several = targets.Count > 1 || targets.Exists(target => target.Platform is not null);
        var all = new Dictionary<(string, string, string), Finding>();
        foreach (var target in targets)
        {
            if (!reports.TryGetValue(target.Digest.Value, out var report)) continue;
            var content = connection.ExecuteScalar<byte[]>("SELECT findings FROM registry_scan_reports WHERE manifest_id = @ManifestId", new { report.ManifestId })!;
            foreach (var finding in FindingsContent.Unpack(content))
            {
                var key = (finding.Id, finding.Package, finding.Version);
                var platforms = several ? (IReadOnlyList<string>)[target.Platform ?? target.Digest.Value] : [];
                if (!all.TryGetValue(key, out var known)) all[key] = finding with { Platforms = platforms };
                else all[key] = (finding.Severity > known.Severity ? finding : known) with { Platforms = [.. known.Platforms, .. platforms] };
            }
        }
        return Adapters.ReportReader.Sorted(all.Values);
    }

    static ScanSummary? SummaryOf(DbConnection connection, Loaded found) => Summaries(connection, found.RepositoryId, [found.Manifest]).GetValueOrDefault(found.Manifest.Id);

    static Loaded? Load(DbConnection connection, ImageName name)
    {
        if (RepositoryRow.Find(connection, name.Repository) is not { } repositoryId || ManifestRef.Find(connection, name) is not { } known) return null;
        var manifest = connection.QuerySingle<ScanManifest>("SELECT id, digest, media_type, content FROM registry_manifests WHERE id = @Id", new { known.Id });
        return new Loaded(name.Repository, repositoryId, manifest, ScanTarget.Of(connection, repositoryId, [manifest])[manifest.Id]);
    }

    static Loaded LoadFit(DbConnection connection, ImageName name)
    {
        var found = Load(connection, name) ?? throw ImageInspection.Missing(name);
        if (found.Targets.Count == 0)
            throw new ConflictException(Scannable.IsIndex(found.Manifest.MediaType) ? $"{name} is an index without an image here that can be scanned."
                : $"{name} is no image that can be scanned: {Scannable.WhyNot(found.Manifest.MediaType, found.Manifest.Content)}.");
        return found;
    }

    static ImageName? Reference(string repository, Digest digest) => RepositoryName.TryParse(repository, out var name) ? new ImageName(name, new Reference.ByDigest(digest)) : null;

    sealed record Loaded(RepositoryName Repository, long RepositoryId, ScanManifest Manifest, List<ScanTarget> Targets)
    {
        public string Digest => Manifest.Digest;
    }

    sealed record JobRow
    {
        public long ManifestId { get; init; }

        public string Digest { get; init; } = "";

        public string State { get; init; } = "";

        public string? Reason { get; init; }

        public string? Ended { get; init; }
    }
}
