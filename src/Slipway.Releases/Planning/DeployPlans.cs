using System.Data.Common;
using Dapper;
using Slipway.Model;
using Slipway.Releases.Diffing;
using Slipway.Releases.Governing;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases;

/// <summary>
/// Says what a deploy would do, from what is stored and what the files say. Changes nothing and asks no registry: what a build makes is not known, and a
/// tag that was fetched before is taken to be what it was, as a deploy takes it.
/// </summary>
public sealed class DeployPlans
{
    readonly Database.Database _database;
    readonly GrantedFiles _files;
    readonly TimeProvider _time;
    readonly Func<MachinePorts> _ports;

    internal DeployPlans(Database.Database database, GrantedFiles files, TimeProvider time, Func<MachinePorts> ports) =>
        (_database, _files, _time, _ports) = (database, files, time, ports);

    /// <param name="model">The resolved model.</param>
    /// <param name="autoPromote">As the deploy would be asked.</param>
    /// <param name="by">Who would ask.</param>
    /// <exception cref="InvalidInputException">A secret can't be read.</exception>
    public DeployPlan Make(AppModel model, bool autoPromote, Asker? by = null)
    {
        var ports = _ports();
        model = _files.Named(model);
        return _database.Read(db => Make(db, model, autoPromote, by, ports));
    }

    DeployPlan Make(DbConnection db, AppModel model, bool autoPromote, Asker? by, MachinePorts ports)
    {
        var stored = ReleaseRows.Load(db, model.Name);
        var live = stored?.LiveSlot?.Release;
        model = WithKnownPorts(model, live);
        var next = 1 + (db.ExecuteScalar<int?>("SELECT last_release FROM apps WHERE app = @app", new { app = model.Name.Value }) ?? 0);
        var same = Draft(model, live, next, built: false);
        var (kept, other) = (WorkloadIdentity.HashesOf(same), WorkloadIdentity.HashesOf(Draft(model, live, next, built: true)));
        var running = live is null ? new Dictionary<string, string>() : WorkloadIdentity.HashesOf(live);
        var changes = ModelDiff.Between(live?.Model, live?.Images, model, same.Images.Where(i => model.Find(i.Key)!.Build is null && !Unknown(i.Value)).ToDictionary());
        var services = model.Services.Select(service => Planned(model, live, service, kept, other, running, changes))
            .Concat(live?.Model.Services.Where(s => model.Find(s.Name) is null).Select(gone => new PlannedService { Service = gone.Name, Action = PlannedAction.Remove }) ?? [])
            .ToList();
        var outcome = live is null || !ReleaseDraft.IsSame(live, model, same.Images) ? PlanOutcome.Release
            : model.Services.Any(s => s.Build is not null) ? PlanOutcome.Perhaps : PlanOutcome.Nothing;
        var plan = new DeployPlan
        {
            App = model.Name,
            Outcome = outcome,
            Live = live?.Number,
            Next = next,
            Strategy = ReleaseStrategy.Of(model),
            Services = services,
            Changes = [.. changes.Where(c => c.Service is null)],
            Places = PlannedPlaces.Between(live?.Model, model),
            Blockers = Blockers(db, stored, model, autoPromote, by, ports),
            Notes = Notes(stored, model, live),
        };
        return outcome == PlanOutcome.Nothing ? plan : plan with { Order = PlanOrder.Of(plan, model, stored, live, autoPromote) };
    }

    static PlannedService Planned(
        AppModel model, Release? live, ServiceModel service, IReadOnlyDictionary<string, string> kept, IReadOnlyDictionary<string, string> other, IReadOnlyDictionary<string, string> running,
        IReadOnlyList<ModelChange> changes)
    {
        var name = service.Name;
        bool IsChanged(string s) => !running.TryGetValue(s, out var hash) || kept[s] != hash;
        bool MayChange(string s) => !running.TryGetValue(s, out var hash) || other[s] != hash;
        var old = live?.Model.Find(name);
        var isExclusive = WorkloadPlanner.IsExclusive(service) || (old is not null && WorkloadPlanner.IsExclusive(old));
        var action = old is null ? PlannedAction.Create
            : IsChanged(name) ? isExclusive ? PlannedAction.Restart : PlannedAction.Replace
            : MayChange(name) ? PlannedAction.Perhaps : PlannedAction.Keep;
        var own = changes.Where(c => c.Service == name && c.Kind != ChangeKind.Service).ToList();
        return new PlannedService
        {
            Service = name,
            Action = action,
            IsBuilt = service.Build is not null,
            Changes = own,
            Because = action is PlannedAction.Replace or PlannedAction.Restart or PlannedAction.Perhaps
                ? [.. service.DependsOn.Select(d => d.Service).Where(d => model.Find(d) is not null && (action == PlannedAction.Perhaps ? MayChange(d) : IsChanged(d))).Distinct()] : [],
        };
    }

    List<string> Blockers(DbConnection db, StoredApp? stored, AppModel model, bool autoPromote, Asker? by, MachinePorts ports)
    {
        var blockers = new List<string>();
        if (stored is { Removing: true } || (stored is null && ReleaseRows.HasRemoval(db, model.Name))) blockers.Add($"{model.Name} is being removed.");
        else if (stored?.Rollout is { } rollout && !Rollouts.GivesWay(stored, rollout)) blockers.Add(Rollouts.Doing(rollout));
        Ask(() => FreezeRows.Check(db, model.Name, by, _time.GetUtcNow()));
        Ask(() => HostClaims.Check(db, model, ports));
        if (autoPromote) Ask(() => Rollouts.CheckApprovals(model, by ?? new Asker()));
        return blockers;

        void Ask(Action check)
        {
            try
            {
                check();
            }
            catch (Exception refused) when (refused is ConflictException or ForbiddenException)
            {
                blockers.Add(refused.Message);
            }
        }
    }

    static List<string> Notes(StoredApp? stored, AppModel model, Release? live)
    {
        var notes = new List<string>();
        if (stored?.Rollout is { } rollout && Rollouts.GivesWay(stored, rollout))
            notes.Add($"Rollout {rollout.Id}{(rollout.Release is { } number ? $" to v{number}" : "")} ({Rollouts.Word(rollout.State)}) gives way: it gets no requests any more and is cleared.");
        foreach (var gone in live?.Model.Volumes.Where(v => model.Volumes.All(w => w.Name != v.Name)) ?? [])
            notes.Add($"The volume {gone.Name} is not used any more, and kept.");
        foreach (var (service, replicas) in stored?.Scales ?? StoredApp.NoScales)
            if (model.Find(service) is { } scaled && scaled.Replicas != replicas) notes.Add($"{service} keeps the {replicas} instances that it was scaled to; the file says {scaled.Replicas}.");
        return notes;
    }

    /// <summary>As the release would be, with an image for each service: the live one's where nothing says otherwise.</summary>
    /// <param name="built">Builds come out different.</param>
    static Release Draft(AppModel model, Release? live, int number, bool built) => new()
    {
        App = model.Name,
        Number = number,
        Created = default,
        Model = model,
        Slot = Slot.Blue,
        Images = model.Services.ToDictionary(s => s.Name, s =>
            live?.Model.Find(s.Name) is { } old && (s.Build is not null ? old.Build is not null && !built : old.Build is null && old.Image == s.Image)
                ? live.Images[s.Name] : $"?{s.Image ?? s.Name}"),
    };

    static bool Unknown(string image) => image.StartsWith('?');

    /// <summary>A port that only the image knows is most likely the one that it was.</summary>
    static AppModel WithKnownPorts(AppModel model, Release? live) => model with
    {
        Services = [.. model.Services.Select(s => s.Release is { Hosts.Count: > 0, Port: null } && live?.Model.Find(s.Name)?.Release.Port is { } port
            ? s with { Release = s.Release with { Port = port } } : s)],
    };
}
