using Slipway.Model;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Invariants;

/// <summary>
/// The invariants of releases (docs/design/invariants.md) as far as one machine can show them: looked at before every effect on engine and gateway, and
/// after every look of the reconciler. Number 3 is the <see cref="Watchdog"/>'s.
/// </summary>
sealed partial class Laws
{
    readonly World _world;
    readonly Dictionary<int, string> _releases = [];
    readonly HashSet<string> _volumes = [];
    bool _volumesMayGo;
    StoredApp? _before;
    long? _warmRollback;
    long? _undisturbed;
    long? _takenBack;
    readonly HashSet<int> _served = [];
    readonly HashSet<string> _giving = [];
    LawBrokenException? _broken;

    public Laws(World world)
    {
        _world = world;
        world.Engine.Applying += w => Keep(() => Applying(w));
        world.Engine.Making += w => Keep(() => Making(w));
        world.Engine.Stopping += i => Keep(() => Stopping(i));
        world.Engine.Removing += i => Keep(() => Removing(i));
        world.Gateways.Swapped += t => Keep(() => Swapped(t));
    }

    /// <summary>Releases that answer with errors since they run.</summary>
    public HashSet<int> Faulty { get; } = [];

    /// <summary>Something has happened to instances, or was asked for, that a rollout under way does not answer for.</summary>
    public void Disturbed() => (_undisturbed, _warmRollback) = (null, null);

    /// <summary>The next server knows less: it finds out.</summary>
    public void Crashed() => Disturbed();

    public void Removed(bool volumes)
    {
        _releases.Clear();
        _served.Clear();
        _volumesMayGo |= volumes;
        Disturbed();
    }

    /// <summary>A person takes a rollout back past a one-way step.</summary>
    public void TakenBack(Rollout rollout) => _takenBack = rollout.Id;

    public void RolledBack(Rollout rollout)
    {
        if (rollout is not { Kind: RolloutKind.Rollback, State: RolloutState.Promoting }) return;
        var stored = _world.Stored(Sample.App)!;
        var (warm, live) = (stored.In(stored.TargetSlot)!, stored.LiveSlot!);
        var exclusive = warm.Release.Model.Services.Concat(live.Release.Model.Services).Any(s => WorkloadPlanner.IsExclusive(s)
            && WorkloadIdentity.HashesOf(warm.Release).GetValueOrDefault(s.Name) != WorkloadIdentity.HashesOf(live.Release).GetValueOrDefault(s.Name));
        if (!exclusive && IsWhole(warm) && IsWhole(live)) _warmRollback = rollout.Id;
    }

    /// <exception cref="LawBrokenException">The first thing that went wrong; the code under test may have caught it.</exception>
    public void Stands()
    {
        if (_broken is not null) throw _broken;
        if (_world.Watchdog.Violation is { } violation) throw new LawBrokenException(3, violation);
    }

    /// <summary>After a look of the reconciler.</summary>
    public void Looked() => Keep(() =>
    {
        var now = _world.Stored(Sample.App);
        if (now is { Removing: false }) _volumesMayGo = false;
        Jobs(now);
        foreach (var volume in _world.Engine.Volumes) _volumes.Add(volume);
        if (_volumesMayGo) _volumes.RemoveWhere(v => v.StartsWith($"{Sample.App}_", StringComparison.Ordinal));
        // 13: nothing but a removal that asks for it removes a volume.
        foreach (var volume in _volumes.Except(_world.Engine.Volumes)) throw new LawBrokenException(13, $"the volume {volume} is gone");
        if (now is { Rollout.State: RolloutState.Shifting }) _giving.UnionWith(now.Stopping);
        if (now is { Removing: false })
        {
            if (now.Revision != _before?.Revision)
            {
                Releases(now);
                Rollouts(now);
                Governs(now);
                if (_before is { Removing: false }) Slots(_before, now);
            }
            if (!_world.HasActed) Quiet(now);
        }
        _before = now;
    });

    /// <summary>1 and 13: a stored release never changes, and the newest, and those that have a slot, are kept.</summary>
    void Releases(StoredApp now)
    {
        var stored = _world.Read(db => Stored(db, now.App));
        foreach (var (number, record) in stored)
        {
            if (_releases.TryGetValue(number, out var known) && known != record) throw new LawBrokenException(1, $"release v{number} was changed");
            _releases[number] = record;
        }
        if (now.LiveSlot is not { } live) return;
        var keep = ReleaseStrategy.Kept(live.Release.Model);
        foreach (var number in _releases.Keys.OrderDescending().Take(keep).Concat(now.Slots.Select(s => s.Release.Number)))
            if (!stored.ContainsKey(number)) throw new LawBrokenException(13, $"release v{number} is to be kept, and is gone");
    }

    static Dictionary<int, string> Stored(System.Data.Common.DbConnection db, AppName app) =>
        Dapper.SqlMapper.Query<(long Number, string Record)>(db, "SELECT number, record FROM releases WHERE app = @app", new { app = app.Value }).ToDictionary(r => (int)r.Number, r => r.Record);

    void Keep(Action look)
    {
        try
        {
            look();
        }
        catch (LawBrokenException broken)
        {
            _broken ??= broken;
            throw;
        }
    }

    /// <summary>All that the slot's release should have runs.</summary>
    bool IsWhole(SlotState slot) => slot.Release.Model.Services.All(service =>
    {
        var hash = WorkloadIdentity.HashesOf(slot.Release)[service.Name];
        var full = _world.Stored(slot.Release.App)!.Scales.TryGetValue(service.Name, out var scaled) ? scaled : service.Replicas;
        return _world.Engine.All.Count(i => i.App == slot.Release.App && i.Service == service.Name && i.Hash == hash && i.State == InstanceState.Running && !_world.Engine.IsStopping(i.Id)) >= full;
    });

    /// <summary>How many instances the service has: of one that both releases share as many as either wants, of one that never runs twice as many as its holder does.</summary>
    static int Wanted(StoredApp stored, SlotState slot, ServiceModel service)
    {
        var hash = WorkloadIdentity.HashesOf(slot.Release)[service.Name];
        var staying = stored.Slots.Where(s => s.Leaving == Leaving.No && s.Release.Model.Find(service.Name) is not null).ToList();
        if (staying.Any(s => WorkloadPlanner.IsExclusive(s.Release.Model.Find(service.Name)!)))
            return Full(stored, (staying.FirstOrDefault(s => s.Slot == stored.Holder) ?? slot).Release.Model.Find(service.Name)!);
        return staying.Where(s => WorkloadIdentity.HashesOf(s.Release)[service.Name] == hash).Max(s => Full(stored, s.Release.Model.Find(service.Name)!));
    }

    static int Full(StoredApp stored, ServiceModel service) => stored.Scales.TryGetValue(service.Name, out var scaled) ? scaled : service.Replicas;
}
