using Slipway.Model;
using Slipway.Releases.Jobs;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Reconciling;

/// <summary>From the instances that are to those that should be: starts what is missing, drains and stops what is too much.</summary>
static class Convergence
{
    static readonly TimeSpan DrainPoll = TimeSpan.FromMilliseconds(250);

    public static void Decide(AppView view, DecisionBuilder decision)
    {
        foreach (var planned in view.Plan.Workloads) Start(view, planned, decision);
        foreach (var instance in view.Surplus) Retire(view, instance, decision);
        JobClearing.Decide(view, decision);
        foreach (var gone in view.Stored.Drains.Keys.Where(id => view.Instances.All(i => i.Id != id))) decision.Do(new Step.EndDrain(gone));
    }

    static void Start(AppView view, PlannedWorkload planned, DecisionBuilder decision)
    {
        var instances = view.Of(planned).ToList();
        var isMissing = instances.Count < planned.Workload.Replicas;
        var isDown = instances.Any(i => Completion.IsRestarted(i, planned.Service));
        if (!isMissing && !isDown && !instances.Any(i => IsMisattached(i, planned.Workload))) return;
        // Apply would start a finished job again, so one that has a finished instance is only completed, never attached.
        if (!isMissing && !isDown && instances.Any(i => Completion.IsDone(i, planned.Service))) return;
        // The name of one that is stopping is not free yet.
        if (view.Instances.Any(i => planned.Has(i) && view.Stored.Stopping.Contains(i.Id) && i.Index <= planned.Workload.Replicas)) return;
        if (isMissing && (!JobGate.Allows(view.Plan, planned) || !DependenciesAllow(view, planned))) return;
        if (planned.IsExclusive && view.Instances.Any(i => i.Service == planned.Service.Name && !planned.Has(i) && IsAlive(i))) return;
        if (view.Attempts.TryGetValue(planned.Key, out var attempts) && attempts.NextAt > view.Now)
        {
            decision.LookAgain(attempts.NextAt);
            return;
        }
        decision.Do(new Step.Apply(planned, isMissing));
    }

    /// <summary>Compose Specification, services.md, "depends_on", "Long syntax".</summary>
    static bool DependenciesAllow(AppView view, PlannedWorkload planned) => planned.Service.DependsOn.All(dependency =>
    {
        if (!view.Plan.InForce.TryGetValue((planned.Owner, dependency.Service), out var needed)) return true;
        var instances = view.Of(needed).ToList();
        if (needed.Workload.Replicas == 0) return true;
        if (!dependency.Required && instances.Any(i => i.State == InstanceState.Exited)) return true;
        return instances.Count > 0 && dependency.Condition switch
        {
            DependencyCondition.CompletedSuccessfully => instances.All(i => i is { State: InstanceState.Exited, ExitCode: 0 }),
            DependencyCondition.Healthy => view.IsReady(needed),
            _ => instances.All(i => IsAlive(i) || Completion.IsDone(i, needed.Service)),
        };
    });

    /// <summary>Lacks a network of the workload, or is in one of the app's slot networks that the workload doesn't name.</summary>
    public static bool IsMisattached(Instance instance, Workload workload) =>
        instance.State == InstanceState.Running && workload.NetworkMode is null
        && (workload.Networks.Any(n => !instance.Addresses.ContainsKey(n.Name))
            || instance.Addresses.Keys.Any(n => n.StartsWith($"slipway.{workload.App}.", StringComparison.Ordinal) && workload.Networks.All(w => w.Name != n)));

    static void Retire(AppView view, Instance instance, DecisionBuilder decision)
    {
        if (!IsAlive(instance) || view.Stored.Stopping.Contains(instance.Id))
        {
            decision.Do(new Step.Retire(instance));
            return;
        }
        if (IsRouted(view, instance))
        {
            if (!HasDrained(view, instance, decision)) return;
        }
        else if (view.Surplus.Any(i => IsAlive(i) && IsRouted(view, i)))
        {
            // Requests in flight may still need it: what serves people is stopped first.
            return;
        }
        decision.Do(new Step.BeginStop(instance));
    }

    static bool HasDrained(AppView view, Instance instance, DecisionBuilder decision)
    {
        if (view.Stored.Routes.Any(r => r.Upstreams.Any(u => u.Instance == instance.Id))) return false;
        if (!view.IsSettled)
        {
            decision.WaitFor("waiting for the gateway to acknowledge the new routes");
            return false;
        }
        if (!view.Stored.Drains.TryGetValue(instance.Id, out var since))
        {
            decision.Do(new Step.BeginDrain(instance));
            return false;
        }
        var (requests, sockets, connections) = Traffic(view, instance.Id);
        var policy = DrainOf(view, instance.Service);
        var deadline = since + (sockets is null or > 0 ? Longer(policy.Requests, policy.WebSockets) : policy.Requests);
        if (connections is > 0) deadline = Earlier(deadline, since + policy.Connections);
        var isBusy = (requests is null or > 0 && view.Now < since + policy.Requests) || (sockets is null or > 0 && view.Now < since + policy.WebSockets)
            || (connections is null or > 0 && TakesConnections(view, instance.Service) && view.Now < since + policy.Connections);
        if (!isBusy) return true;
        decision.LookAgain(Earlier(deadline, view.Now + DrainPoll));
        return false;
    }

    /// <summary>What all gateways together have in flight on the instance; null where that is not known for the newest routes.</summary>
    public static (int? Requests, int? Sockets, int? Connections) Traffic(AppView view, string instance)
    {
        if (view.Reports is not { Count: > 0 } reports || reports.Any(r => r.TableVersion < view.Stored.RouteVersion)) return (null, null, null);
        var traffic = reports.SelectMany(r => r.Instances).Where(t => t.Instance == instance).ToList();
        return (traffic.Sum(t => t.InFlight), traffic.Sum(t => t.Upgraded), traffic.Sum(t => t.Connections));
    }

    /// <summary>Whether any of the service's releases listens for connections.</summary>
    static bool TakesConnections(AppView view, string service) => view.Stored.Slots.Any(s => s.Release.Model.Find(service)?.Release.Listen.Count > 0);

    public static DrainPolicy DrainOf(AppView view, string service)
    {
        var policies = view.Stored.Slots.Select(s => s.Release.Model.Find(service)?.Release.Drain).OfType<DrainPolicy>().DefaultIfEmpty(new DrainPolicy()).ToList();
        return new DrainPolicy { Requests = policies.Max(p => p.Requests), WebSockets = policies.Max(p => p.WebSockets), Connections = policies.Max(p => p.Connections) };
    }

    /// <summary>Whether a gateway may have requests on it. Of what no stored release knows that is assumed.</summary>
    public static bool IsRouted(AppView view, Instance instance)
    {
        var models = view.Stored.Slots.Select(s => s.Release.Model.Find(instance.Service)).OfType<ServiceModel>().ToList();
        return models.Count == 0 || models.Any(s => s.Release.IsRouted);
    }

    public static bool IsAlive(Instance instance) => instance.State is InstanceState.Running or InstanceState.Restarting or InstanceState.Paused;

    static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
