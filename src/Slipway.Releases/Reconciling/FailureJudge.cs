using Slipway.Model;

namespace Slipway.Releases.Reconciling;

/// <summary>When a release that is not live yet has failed: it keeps ending, ended for good, or isn't ready in time.</summary>
static class FailureJudge
{
    public const int MostEnds = 3;

    public static Step.Fail? Judge(AppView view, PlannedWorkload planned, Release release, DecisionBuilder decision)
    {
        if (view.Attempts.TryGetValue(planned.Key, out var attempts) && attempts is { Failures: >= MostEnds, Refusal: { } refusal })
            return new Step.Fail($"{planned.Service.Name} of v{release.Number} could not be {(planned.Workload.Static is null ? "started" : "unpacked")}: {refusal}", null);
        foreach (var instance in view.Of(planned))
            if (Judge(view, planned, instance, attempts, release, decision) is { } failure) return failure;
        return null;
    }

    static Step.Fail? Judge(AppView view, PlannedWorkload planned, Instance instance, Attempts? attempts, Release release, DecisionBuilder decision)
    {
        var name = $"{planned.Service.Name} of v{release.Number} ({instance.Name})";
        if (instance.State == InstanceState.Exited && !Completion.IsDone(instance, planned.Service) && !Completion.IsRestarted(instance, planned.Service))
            return new Step.Fail($"{name} ended {How(instance)}", instance);
        if (view.VerdictOf(instance) == Verdict.Ready || Completion.IsDone(instance, planned.Service)) return null;
        var ends = Math.Max(instance.Restarts, attempts?.Failures ?? 0);
        if (ends >= MostEnds) return new Step.Fail($"{name} ended {ends} times, last {How(instance)}", instance);
        // From its own start: how long a busy engine takes to bring it there says nothing about the release.
        var began = instance.Started ?? instance.Created;
        var from = view.Stored.Rollout!.Changed > began ? view.Stored.Rollout.Changed : began;
        var deadline = from + planned.Service.Release.Ready.Within;
        if (deadline <= view.Now)
            return new Step.Fail($"{name} was not ready within {planned.Service.Release.Ready.Within.TotalSeconds:0.#} s: {WhyNot(instance, planned.Service)}", instance);
        decision.LookAgain(deadline);
        return null;
    }

    static string How(Instance instance) =>
        (instance.ExitCode is { } code ? $"with code {code}" : "without a code")
        + (instance.OutOfMemory ? " because it used more memory than it may" : "")
        + (instance.Error is { Length: > 0 } error ? $" ({error})" : "");

    static string WhyNot(Instance instance, ServiceModel service) => instance.State switch
    {
        InstanceState.Exited => $"it ended {How(instance)}",
        not InstanceState.Running => $"it is {instance.State.ToString().ToLowerInvariant()}",
        _ when service.Release.Ready.Http is { } path => $"GET {path} on port {service.Release.Port} did not answer 200 to 399",
        _ when instance.Health is not InstanceHealth.None => $"its health check says {instance.Health.ToString().ToLowerInvariant()}",
        _ when service.Release is { IsRouted: true, Port: { } port } => $"nothing accepts connections on port {port}",
        _ => "it did not keep running",
    };
}
