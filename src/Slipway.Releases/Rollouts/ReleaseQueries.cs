using System.Data.Common;
using Dapper;
using Slipway.Model;
using Slipway.Releases.Canary;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases;

/// <summary>What is true of the apps now. Reads the last commit and the reconciler's last look; never waits for the engine.</summary>
public sealed class ReleaseQueries
{
    readonly Database.Database _database;
    readonly Observations _observations;
    readonly ReleaseOptions _options;

    readonly TimeProvider _time;

    internal ReleaseQueries(Database.Database database, Observations observations, ReleaseOptions options, TimeProvider time) =>
        (_database, _observations, _options, _time) = (database, observations, options, time);

    public IReadOnlyList<AppStatus> Apps() => _database.Read(db =>
        (IReadOnlyList<AppStatus>)[.. ReleaseRows.Apps(db).Select(app => ReleaseRows.Load(db, app)).OfType<StoredApp>().Select(stored => StatusOf(db, stored))]);

    public AppStatus? App(AppName app) => _database.Read(db => ReleaseRows.Load(db, app) is { } stored ? StatusOf(db, stored) : null);

    /// <summary>Newest first.</summary>
    public IReadOnlyList<ReleaseStatus> Releases(AppName app) => _database.Read(db =>
    {
        var slots = ReleaseRows.Slots(db, app);
        return (IReadOnlyList<ReleaseStatus>)[.. db
            .Query<(string Changed, string Record)>("SELECT changed, record FROM releases WHERE app = @app ORDER BY number DESC", new { app = app.Value })
            .Select(row => WithStory(db, app, StatusOf(ReleasesJson.Read(row.Record, ModelJson.Default.Release), ReleasesJson.Read(row.Changed, ReleasesJson.Default.ListString), slots)))];
    });

    /// <summary>The git commit that the live release was made from; null where none is known.</summary>
    public string? LiveCommit(AppName app) => _database.Read(db =>
        db.ExecuteScalar<int?>("SELECT live FROM apps WHERE app = @app", new { app = app.Value }) is { } live ? ReleaseChangeRows.Find(db, app, live)?.Git?.Commit : null);

    public Release? Release(AppName app, int number) => _database.Read(db => ReleaseRows.FindRelease(db, app, number));

    public Rollout? Rollout(long id) => _database.Read(db => ReleaseRows.FindRollout(db, id));

    /// <summary>Newest first.</summary>
    public IReadOnlyList<Rollout> Rollouts(AppName app) => _database.Read(db => ReleaseRows.Rollouts(db, app));

    /// <summary>
    /// The releases of all apps whose images are needed: those in a slot (staged, live, warm) and the one that a rollout is bringing in. Reads by the
    /// given connection only, so that it can be asked inside a write of the same database.
    /// </summary>
    public static IReadOnlyList<(Release Release, Standing Standing)> InUse(DbConnection db) =>
    [
        .. ReleaseRows.Apps(db).SelectMany(app =>
        {
            var slots = ReleaseRows.Slots(db, app).Select(slot => (slot.Release, slot.Standing)).ToList();
            return ReleaseRows.ActiveRollout(db, app)?.Release is { } number && slots.All(slot => slot.Release.Number != number) && ReleaseRows.FindRelease(db, app, number) is { } target
                ? slots.Append((target, Standing.Staged)) : slots;
        }),
    ];

    /// <summary>The newest stored route table.</summary>
    public RouteTable Routes() => _database.Read(RouteRows.Table);

    /// <summary>The app's files that the gateways serve, by the reconciler's last look, each as an instance: no engine knows of them.</summary>
    public IReadOnlyList<Instance> Sites(AppName app) => _observations.Of(app) is not { } view ? []
        : [.. view.Instances.Where(i => i.Site is not null).Select(i => i with { Image = view.Plan.Find(i)?.Workload.Image ?? "" })];

    AppStatus StatusOf(DbConnection db, StoredApp stored)
    {
        var shown = stored.LiveSlot ?? stored.Slots.FirstOrDefault(s => s.Standing == Standing.Staged);
        var staged = stored.Slots.FirstOrDefault(s => s is { Standing: Standing.Staged, Leaving: Leaving.No });
        var rollout = stored.Rollout ?? ReleaseRows.LastRollout(db, stored.App);
        return new AppStatus
        {
            App = stored.App,
            Live = stored.Live,
            Slots = stored.Slots.ToDictionary(s => s.Slot.Name, s => s.Release.Number),
            Urls = stored.LiveSlot is { } live ? [.. live.Release.Model.Services.SelectMany(s => UrlsOf(s))] : [],
            PreviewUrls = staged is not null && (rollout is { State: RolloutState.Holding } || CanaryRun.Of(stored) is not null) ? [.. staged.Release.Model.Services.SelectMany(s => UrlsOf(s, RoutePlanner.PreviewHost))] : [],
            Services = shown is null ? [] : [.. shown.Release.Model.Services.Select(s => StatusOf(stored, shown, s))],
            Rollout = rollout,
            Preview = stored.Preview?.ToStatus(),
            Maintenance = stored.Maintenance,
            Freeze = stored.Freezes.FirstOrDefault(f => f.IsInForce(_time.GetUtcNow())),
            Next = NextOf(stored, rollout),
        };
    }

    ServiceStatus StatusOf(StoredApp stored, SlotState slot, ServiceModel service)
    {
        var planned = WorkloadPlanner.Plan(stored, _options.RegistryAddress).InForce.GetValueOrDefault((slot.Slot, service.Name));
        var seen = _observations.Of(stored.App);
        return new ServiceStatus
        {
            Service = service.Name,
            Release = planned?.Workload.Release ?? slot.Origins[service.Name],
            Replicas = planned?.Workload.Replicas ?? 0,
            Ready = planned is null || seen is null ? 0 : seen.Instances.Count(i => planned.Has(i) && (seen.VerdictOf(i) == Verdict.Ready || Completion.IsDone(i, service))),
            Image = slot.Release.Images[service.Name],
            Files = service.Release.Static?.Root,
            Urls = [.. UrlsOf(service)],
        };
    }

    static ReleaseStatus StatusOf(Release release, IReadOnlyList<string> changed, IReadOnlyList<SlotState> slots)
    {
        var slot = slots.FirstOrDefault(s => s.Release.Number == release.Number);
        return new ReleaseStatus
        {
            Number = release.Number,
            Standing = slot is null || slot.Leaving != Leaving.No ? Standing.Cold : slot.Standing,
            Slot = slot?.Slot ?? release.Slot,
            Created = release.Created,
            Images = release.Images,
            Changed = changed,
            Note = release.Note,
        };
    }

    ReleaseStatus WithStory(DbConnection db, AppName app, ReleaseStatus status)
    {
        if (ReleaseChangeRows.Find(db, app, status.Number) is not { } changes) return status;
        var rollout = ReleaseRows.FindRollout(db, changes.Rollout);
        return status with
        {
            By = changes.By,
            Commit = changes.Git?.Commit,
            Subject = changes.Git?.Subject,
            Dirty = changes.Git is { Dirty: true },
            State = rollout?.State,
            Took = rollout is null ? null : (rollout.State.IsEnded ? rollout.Changed : _time.GetUtcNow()) - rollout.Created,
        };
    }

    IEnumerable<string> UrlsOf(ServiceModel service, Func<string, string>? change = null) => HostsOf(service, change).Concat(StreamsOf(service, isPreview: change is not null));

    IEnumerable<string> HostsOf(ServiceModel service, Func<string, string>? change) => service.Release.Hosts.Select(host => change?.Invoke(host) ?? host)
        .Select(host => service.Release.Https is { Mode: HttpsMode.Redirect or HttpsMode.Only } && _options.GatewayHttpsPort is { } https
            ? $"https://{host}{Port(https, 443)}{service.Release.Path}"
            : $"http://{host}{Port(_options.GatewayPort, 80)}{service.Release.Path}");

    /// <summary>Where connections are taken: of all addresses the one that everybody on the machine has.</summary>
    static IEnumerable<string> StreamsOf(ServiceModel service, bool isPreview = false) => service.Release.Listen
        .Select(l => (l.Word, l.Address, Port: isPreview ? l.Preview : l.Port)).Where(l => l.Port is not null)
        .Select(l => FormattableString.Invariant($"{l.Word}://{(l.Address is null ? "localhost" : l.Address.Contains(':', StringComparison.Ordinal) ? $"[{l.Address}]" : l.Address)}:{l.Port}"));

    static string Port(int port, int usual) => port == usual ? "" : FormattableString.Invariant($":{port}");

    static string? NextOf(StoredApp stored, Rollout? rollout) => rollout?.State switch
    {
        RolloutState.Holding when rollout.OneWay is not null => $"slipway abort {stored.App} --past-one-way",
        RolloutState.Holding when rollout.Canary?.Hold == CanaryHold.Paused => $"slipway resume {stored.App}",
        RolloutState.Holding when rollout.Canary?.Hold == CanaryHold.Frozen => $"slipway watch {stored.App}",
        RolloutState.Holding => $"slipway promote {stored.App}",
        RolloutState.Shifting or RolloutState.Baking when rollout.Canary is not null => $"slipway watch {stored.App}",
        RolloutState.Done when stored.Slots.Any(s => s is { Standing: Standing.Warm, Leaving: Leaving.No }) => $"slipway rollback {stored.App}",
        null => stored.Preview is { } preview ? $"slipway deploy --app {preview.Of} --preview {preview.Branch}" : $"slipway deploy --app {stored.App}",
        _ => null,
    };
}
