using Slipway.Model;
using Slipway.Releases.Governing;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Invariants;

/// <summary>Jobs, one-way steps, and what people have said must not happen without them.</summary>
sealed partial class Laws
{
    /// <summary>10: that a job is to run is stored before its container is made. 1 and 5: a rollback runs none.</summary>
    void Making(Workload job)
    {
        var stored = _world.Stored(job.App);
        if (stored?.Jobs.Any(r => r.Release == job.Release && r.Service == job.Service && !r.HasEnded) != true)
            throw new LawBrokenException(10, $"the job {job.Job} of {job.Service} v{job.Release} is made, and nothing of it is stored");
        if (stored.Rollout is { Kind: RolloutKind.Rollback }) throw new LawBrokenException(5, $"a rollback runs the job {job.Job} of {job.Service} v{job.Release}");
    }

    /// <summary>16: no job is started twice, whoever died in between.</summary>
    void Jobs(StoredApp? now)
    {
        // The next app of this name is another one, and has releases of the same numbers.
        if (now is null) _world.Engine.JobsStarted.Clear();
        if (_world.Engine.JobsStarted.GroupBy(j => j).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new LawBrokenException(16, $"{twice.Key} is started {twice.Count()} times");
    }

    void Governs(StoredApp now)
    {
        if (now.Rollout is not { Release: { } release } rollout || now.Target is not { } target || _before?.Rollout is not { } before || before.Id != rollout.Id) return;
        // 12: what has had requests is not taken back past a one-way step unless a person says so.
        if (before.State != RolloutState.RollingBack && rollout is { State: RolloutState.RollingBack, Kind: RolloutKind.Deploy } && now.LiveSlot is not null
            && _served.Contains(release) && _takenBack != rollout.Id && now.Jobs.FirstOrDefault(r => r.Release == release && r.IsBarrier) is { } step)
            throw new LawBrokenException(12, $"v{release} took the one-way step {step.Service} {step.Number} and has had requests, and is taken back: {rollout.Error}");
        var at = _world.Time.Now;
        if (rollout.Kind == RolloutKind.Deploy && _before!.FrozenBy(at) is not null && now.FrozenBy(at) is not null)
        {
            if (before.State == RolloutState.Verifying && rollout.State is RolloutState.Shifting or RolloutState.Promoting && before.State != rollout.State)
                throw new LawBrokenException($"freeze: v{release} gets requests though the app is frozen");
            if (before.Canary is not null && (rollout.Step > before.Step || (rollout.State == RolloutState.Promoting && before.State != RolloutState.Promoting)))
                throw new LawBrokenException($"freeze: the canary of v{release} goes from step {before.Step} to {rollout.Step} ({rollout.State}) though the app is frozen");
        }
        if (ReleaseStrategy.CanaryOf(target.Model) is not { } policy || rollout.Canary is not { } progress) return;
        foreach (var past in progress.History.Where(h => policy.Steps[h.Step].Approve is { IsStrict: true } && h.End is "passed" or "promoted" or "approved"))
            if (past.End != "approved" || past.By?.Split(", ").Distinct().Count() != policy.Steps[past.Step].Approve!.Count)
                throw new LawBrokenException($"approval: step {past.Step} of the canary of v{release} ended {past.End} by {past.By}");
    }
}
