using Slipway.Model;
using Slipway.Releases.Canary;
using Slipway.Releases.Diffing;
using Slipway.Releases.Experiments;
using Slipway.Releases.Jobs;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases;

/// <summary>What a deploy does one after the other, a sentence each.</summary>
static class PlanOrder
{
    public static IReadOnlyList<string> Of(DeployPlan plan, AppModel model, StoredApp? stored, Release? live, bool autoPromote) =>
    [
        .. Images(plan, model, live),
        .. Staging(plan, model, stored, live),
        .. Switch(plan, model, live, autoPromote),
        .. After(plan, model, live),
    ];

    static IEnumerable<string> Images(DeployPlan plan, AppModel model, Release? live)
    {
        var built = model.Services.Where(s => s.Build is not null).Select(s => s.Name).ToList();
        if (built.Count > 0) yield return $"{List(built)} {(built.Count == 1 ? "is" : "are")} built{(plan.Outcome == PlanOutcome.Perhaps ? "; where all comes out as it was, v" + plan.Live + " stays and nothing else happens" : "")}";
        var fetched = model.Services.Where(s => s.Build is null && live?.Model.Find(s.Name)?.Image != s.Image).Select(s => $"{s.Image} for {s.Name}").ToList();
        if (fetched.Count > 0) yield return $"{List(fetched)} {(fetched.Count == 1 ? "is" : "are")} fetched";
    }

    static IEnumerable<string> Staging(DeployPlan plan, AppModel model, StoredApp? stored, Release? live)
    {
        var staged = Sorted(model).Where(s => plan.Services.Any(p => p.Service == s.Name && p.Action is PlannedAction.Create or PlannedAction.Replace or PlannedAction.Perhaps && !IsTakenOver(p, s, live))).ToList();
        var where = live is null ? "" : $" in the {(stored?.TargetSlot ?? Slot.Blue).Name} slot beside v{live.Number}, without requests";
        var jobs = Sorted(model).SelectMany(s => s.Release.Before.Select(job => (Service: s, Job: job))).ToList();
        if (jobs.Count > 0)
        {
            var needed = jobs.SelectMany(j => Dependencies.Of(j.Service, model.Find)).ToHashSet();
            var first = staged.Where(s => needed.Contains(s.Name) && s.Release.Before.Count == 0).Select(s => s.Name).ToList();
            if (first.Count > 0) yield return $"{List(first)} of v{plan.Next} {(first.Count == 1 ? "starts" : "start")}{where}: the jobs need {(first.Count == 1 ? "it" : "them")}";
            foreach (var (service, job) in jobs)
                yield return $"{JobWords.Name(service.Name, job)} runs once, {ValueText.Of(job.Timeout)} at most{(job.OneWay ? ", a one-way step: nothing goes back past it by itself" : "")}; where it fails, {(live is null ? "nothing starts" : $"v{live.Number} stays")}";
            staged = [.. staged.Where(s => !first.Contains(s.Name))];
        }
        foreach (var (name, files) in staged.Where(s => s.Release.Static is not null).Select(s => (s.Name, s.Release.Static!)))
            yield return $"the files of {name} ({files.Root} of its image) are unpacked; no container runs for {name}";
        staged = [.. staged.Where(s => s.Release.Static is null)];
        if (staged.Count > 0) yield return $"{List(staged.Select(s => s.Name + (s.Replicas == 1 ? "" : $" ({s.Replicas} instances)")))} of v{plan.Next} {(staged.Count == 1 && staged[0].Replicas == 1 ? "starts" : "start")}{where}";
    }

    static IEnumerable<string> Switch(DeployPlan plan, AppModel model, Release? live, bool autoPromote)
    {
        if (live is null)
        {
            yield return $"v{plan.Next} is live as soon as all of it is ready";
            yield break;
        }
        var taken = plan.Services.Where(p => model.Find(p.Service) is { } s && IsTakenOver(p, s, live) && p.Action is PlannedAction.Restart or PlannedAction.Perhaps).Select(p => p.Service).ToList();
        var over = taken.Count == 0 ? null : $"{List(taken)} {(taken.Count == 1 ? "is" : "are")} stopped and started anew just before the switch: {(taken.Count == 1 ? "it never runs" : "they never run")} twice, and {(taken.Count == 1 ? "is" : "are")} away meanwhile";
        var policy = ReleaseStrategy.CanaryOf(model);
        if (plan.Strategy == Strategy.Rolling) yield return $"instance by instance, v{plan.Next} takes over from v{live.Number}";
        else if (autoPromote) yield return $"it is promoted as soon as it is ready, because that is asked for";
        else if (policy?.Ab is not null) yield return ExperimentSteps.Of(policy);
        else if (policy is not null)
            foreach (var step in Enumerable.Range(0, policy.Steps.Count)) yield return CanaryWords.Of(policy, step);
        else
        {
            var seen = model.Services.SelectMany(s => s.Release.Hosts).Select(RoutePlanner.PreviewHost)
                .Concat(model.Services.SelectMany(s => s.Release.Listen).Where(l => l.Preview is not null).Select(l => $"port {l.Preview}/{l.Word}")).ToList();
            yield return $"it waits for slipway promote {plan.App}{(seen.Count == 0 ? "" : $", seen at {List(seen)}")}";
        }
        if (over is not null) yield return over;
        if (plan.Strategy != Strategy.Rolling) yield return $"all requests go to v{plan.Next} at once";
    }

    static IEnumerable<string> After(DeployPlan plan, AppModel model, Release? live)
    {
        if (live is null) yield break;
        var gone = plan.Services.Where(s => s.Action == PlannedAction.Remove).Select(s => s.Service).ToList();
        var removed = gone.Count == 0 ? "" : $"; {List(gone)} {(gone.Count == 1 ? "goes" : "go")} with it";
        yield return plan.Strategy == Strategy.Rolling ? $"v{live.Number} is drained and stopped{removed}" : $"v{live.Number} stays warm for {ValueText.Of(ReleaseStrategy.Warm(live.Model))}, for a rollback{removed}";
    }

    /// <summary>Not started beside the old one.</summary>
    static bool IsTakenOver(PlannedService planned, ServiceModel service, Release? live) =>
        planned.Action == PlannedAction.Restart || (planned.Action == PlannedAction.Perhaps && (WorkloadPlanner.IsExclusive(service) || (live?.Model.Find(service.Name) is { } old && WorkloadPlanner.IsExclusive(old))));

    /// <summary>What others depend on comes first.</summary>
    static List<ServiceModel> Sorted(AppModel model)
    {
        var sorted = new List<ServiceModel>();
        foreach (var service in model.Services) Add(service);
        return sorted;

        void Add(ServiceModel service)
        {
            if (sorted.Contains(service)) return;
            foreach (var dependency in service.DependsOn)
                if (model.Find(dependency.Service) is { } first) Add(first);
            if (!sorted.Contains(service)) sorted.Add(service);
        }
    }

    static string List(IEnumerable<string> names) => names.ToList() switch
    {
        [] => "nothing",
        [var one] => one,
        var many => $"{string.Join(", ", many.SkipLast(1))} and {many[^1]}",
    };
}
