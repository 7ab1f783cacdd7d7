using Slipway.Model;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Invariants;

/// <summary>What the rollout's way must be, and what the gateways are given of it.</summary>
sealed partial class Laws
{
    void Rollouts(StoredApp now)
    {
        if (now.Rollout is { State: RolloutState.Shifting, Step: 0, Canary: null } beginning && now.LiveSlot is { } whole && IsWhole(whole) && _world.Sick.Count == 0 && _before?.Rollout?.State != RolloutState.Shifting)
            _undisturbed = beginning.Id;
        // 2: a switch is done when every gateway serves by it.
        if (now is { Rollout.State: RolloutState.Retaining, Live: { } live } && _before?.Rollout?.State == RolloutState.Promoting)
            foreach (var table in _world.Gateways.Tables)
                foreach (var destination in Live(table).SelectMany(r => r.Destinations).Where(d => d.Release != live))
                    throw new LawBrokenException(2, $"v{live} is said to be live, and a gateway sends requests to v{destination.Release} by table {table.Version}");
        if (now.Rollout is not { Canary: { } progress } rollout || ReleaseStrategy.CanaryOf(now.Target!.Model) is not { } policy) return;
        // 6: the new release's share only rises.
        foreach (var (one, next) in progress.History.Zip(progress.History.Skip(1)))
            if (next.Weight < one.Weight || next.Step <= one.Step) throw new LawBrokenException(6, $"the canary went from step {one.Step} with {one.Weight} to step {next.Step} with {next.Weight}");
        var windows = _world.Read(db => CanaryRows.Windows(db, rollout.Id));
        // 7 and 8: a step passes by a pass alone, and a bad release never has one.
        foreach (var step in progress.History.Where(h => h.End == "passed" && policy.Judge.Checks.Count > 0))
            if (windows.LastOrDefault(w => w.Step == step.Step)?.Verdict != JudgeVerdict.Pass) throw new LawBrokenException(7, $"step {step.Step} of the canary of v{rollout.Release} passed without a pass");
        if (Faulty.Contains(rollout.Release!.Value) && windows.FirstOrDefault(w => w.Verdict == JudgeVerdict.Pass) is { } passed)
            throw new LawBrokenException(8, $"the judge passes v{rollout.Release}, 30% of whose answers are errors: window {passed.Number}");
    }

    /// <summary>2, 10 and 11: what a gateway gets is what is stored, and by it the app's services answer as one release, or as two that share by the same weights.</summary>
    void Swapped(RouteTable table)
    {
        foreach (var destination in Live(table).SelectMany(r => r.Destinations.Where(d => d.Weight > 0 || r.Split?.Match is not null))) _served.Add(destination.Release);
        // 15: nobody asked for copies of anything else.
        foreach (var route in Live(table).Where(r => r.Mirror is { } mirror && mirror.Methods.Except(["GET", "HEAD"]).Any())) throw new LawBrokenException(15, $"{string.Join(", ", route.Mirror!.Methods)} of {route.Service} is copied");
        var stored = _world.Queries.Routes();
        if (table.Version > stored.Version) throw new LawBrokenException(10, $"a gateway has table {table.Version}, and {stored.Version} is stored");
        if (_world.Stored(Sample.App) is not { LiveSlot: not null } app) return;
        if (app.Target is { } target && ReleaseStrategy.Of(target.Model) == Strategy.Rolling) return;
        // What has one instance for both releases (it never runs twice) changes hands before the routes do.
        var routes = Live(table).Where(r => r.Destinations.Count > 0 && !app.Slots.Select(s => s.Release.Model.Find(r.Service)).OfType<ServiceModel>().Any(WorkloadPlanner.IsExclusive)).ToList();
        var single = routes.Where(r => r.Split is null).SelectMany(r => r.Destinations).Select(d => d.Release).Distinct().ToList();
        if (single.Count > 1 && table.Version == stored.Version) throw new LawBrokenException(11, $"the services of one app answer as v{string.Join(" and v", single)}: {string.Join("; ", routes.Select(Text))}");
        var shares = routes.Where(r => r is { Split: not null, Destinations.Count: 2 }).Select(r => string.Join(",", r.Destinations.Select(d => (d.Release, d.Weight)).Order())).Distinct().ToList();
        if (shares.Count > 1) throw new LawBrokenException(11, $"the services of one app share by different weights: {string.Join("; ", routes.Select(Text))}");
    }

    /// <summary>Nothing is left to do for now: 9 and 16, the right releases answer, and where an instance could, somebody does.</summary>
    void Quiet(StoredApp now)
    {
        if (_world.Engine.IsAway || _world.Gateways.IsAway || _world.Engine.IsBusy || _world.Gateways.IsBusy || now.LiveSlot is not { } live) return;
        var stored = _world.Queries.Routes();
        foreach (var table in _world.Gateways.Tables.Where(t => t.Version == stored.Version))
            foreach (var route in Live(table))
            {
                var allowed = now.Rollout is { State: RolloutState.Shifting or RolloutState.Holding or RolloutState.Baking or RolloutState.Promoting or RolloutState.RollingBack or RolloutState.Verifying } rollout
                    ? (int[])[live.Release.Number, rollout.Release!.Value] : [live.Release.Number];
                foreach (var destination in route.Destinations.Where(d => !allowed.Contains(d.Release)))
                    throw new LawBrokenException(9, $"v{destination.Release} gets requests, and v{live.Release.Number} is live: {Text(route)}");
                if (route.Destinations.Count == 0 && live.Release.Model.Find(route.Service) is { } service && now.Rollout is null
                    && _world.Engine.All.FirstOrDefault(i => i.App == now.App && i.Service == service.Name && i.Index <= Full(now, service)
                        && i.Hash == WorkloadIdentity.HashesOf(live.Release)[service.Name] && i.State == InstanceState.Running && !_world.Engine.IsStopping(i.Id)) is { } could)
                    throw new LawBrokenException(16, $"nobody answers for {route.Service}, though {could.Name} runs");
            }
    }

    /// <summary>The story is over, and everything works again.</summary>
    public void Rests()
    {
        var stored = _world.Stored(Sample.App);
        if (stored is null)
        {
            if (_world.Engine.All.FirstOrDefault(i => i.App == Sample.App) is { } survivor) throw new LawBrokenException(16, $"the app is removed, and {survivor.Name} is left over");
            return;
        }
        if (stored.Removing) throw new LawBrokenException(16, $"the removal does not come to its end: {_world.Describe()}");
        if (stored.Rollout is { } rollout && rollout.State is not (RolloutState.Holding or RolloutState.Queued or RolloutState.Building))
            throw new LawBrokenException(16, $"the rollout does not come to its end: {_world.Describe()}");
        if (_world.HasActed && stored.Rollout?.Canary is null) throw new LawBrokenException(16, $"it does not come to rest: {_world.Describe()}");
        if (_world.Gateways.Tables.Select(t => t.Version).Append(_world.Queries.Routes().Version).Distinct().Count() > 1)
            throw new LawBrokenException(2, $"the gateways do not serve by what is stored: {string.Join(", ", _world.Gateways.Tables.Select(t => t.Version))} of {_world.Queries.Routes().Version}");
        if (stored.LiveSlot is not { } live) return;
        foreach (var service in live.Release.Model.Services)
        {
            var hash = WorkloadIdentity.HashesOf(live.Release)[service.Name];
            // 1: what runs is the release: its image, its container.
            var running = _world.Engine.All.Where(i => i.App == stored.App && i.Service == service.Name && i.Hash == hash && i.State == InstanceState.Running).ToList();
            var full = Wanted(stored, live, service);
            // A rolling rollout that holds past a one-way step stays as it is, between two releases.
            if (stored.Rollout is { OneWay: not null, Canary: null }) continue;
            if (running.Count < full) throw new LawBrokenException(16, $"{running.Count} of {full} instances of {service.Name} of v{live.Release.Number} run: {_world.Describe()}");
            if (running.FirstOrDefault(i => !i.Image.EndsWith(live.Release.Images[service.Name], StringComparison.Ordinal)) is { } other) throw new LawBrokenException(1, $"{other.Name} runs {other.Image}");
            if (!service.Release.IsRouted) continue;
            var route = Live(_world.Gateways.Table).Single(r => r.Service == service.Name);
            var answering = route.Destinations.Where(d => route.Split is null || d.Release == live.Release.Number).Sum(d => d.Upstreams.Count);
            if (answering != full) throw new LawBrokenException(16, $"{answering} of {full} instances of {service.Name} answer: {Text(route)}; {_world.Describe()}");
        }
        var wanted = stored.Slots.SelectMany(s => WorkloadIdentity.HashesOf(s.Release)).Select(h => (h.Key, h.Value)).ToHashSet();
        foreach (var left in _world.Engine.All.Where(i => i.App == stored.App && !wanted.Contains((i.Service, i.Hash))))
            throw new LawBrokenException(16, $"{left.Name} is left over: {_world.Describe()}");
        foreach (var network in _world.Engine.Networks.Where(n => n.StartsWith($"slipway.{stored.App}.", StringComparison.Ordinal) && !stored.Slots.Any(s => n.StartsWith($"slipway.{stored.App}.{s.Slot.Name}.", StringComparison.Ordinal))))
            throw new LawBrokenException(16, $"the network {network} is left over: {_world.Describe()}");
    }

    static IEnumerable<Route> Live(RouteTable table) => table.Routes.Where(r => r.App == Sample.App && r is { IsPreview: false, Redirect: null });

    static string Text(Route route) => $"{route.Service} → {string.Join(", ", route.Destinations.Select(d => $"v{d.Release}×{d.Upstreams.Count} by {d.Weight}"))}";
}
