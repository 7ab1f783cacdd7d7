using Slipway.Model;
using Slipway.Releases.Canary;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Jobs;

/// <summary>What people may ask of an app whose releases took one-way steps. Pure.</summary>
static class OneWayCommands
{
    /// <summary>A person lets a rollout go on that had failed: what went wrong before counts no more.</summary>
    public static Rollout Pardoned(Rollout rollout, DateTimeOffset now) => rollout.OneWay is null ? rollout
        : rollout with { OneWay = null, Changed = now, Canary = rollout.Canary is { } canary ? canary with { Pardoned = now } : null };

    /// <summary>A canary that failed while it waited for an approval waits for that again: who lets it go on has not approved.</summary>
    public static Rollout? BackToItsApproval(CanaryRun run, int? toStep) => toStep is null && run is { Progress.Hold: CanaryHold.OneWay, Step.IsApproval: true }
        ? run.Rollout with { Canary = run.Progress with { Hold = CanaryHold.Approval } } : null;

    /// <summary>One that is no canary, from where it stood.</summary>
    public static Rollout GoOn(StoredApp stored, Rollout held) =>
        held with { State = ReleaseStrategy.Of(stored.Target!.Model) == Strategy.Rolling ? RolloutState.Shifting : RolloutState.Promoting };

    /// <exception cref="ConflictException">Its release took a one-way step and has had requests.</exception>
    /// <returns>What is to be said of the steps that stay done; empty where there are none.</returns>
    public static string CheckAbort(StoredApp stored, bool pastOneWay)
    {
        if (!pastOneWay && OneWaySteps.Blocking(stored) is { Count: > 0 } taken)
            throw new ConflictException(OneWaySteps.Refusal(stored, taken, $"slipway abort {stored.App}") + ".");
        return OneWaySteps.Taken(stored) is { Count: > 0 } done ? $" {JobWords.Steps(done)}, which stays done." : "";
    }

    /// <exception cref="ConflictException">A one-way step lies between, or the release never came as far as having run its own jobs.</exception>
    public static void CheckRollback(StoredApp stored, int live, Release to, bool pastOneWay)
    {
        var jobs = to.Model.Services.SelectMany(s => s.Release.Before.Select((job, i) => (Service: s.Name, Number: i + 1, Job: job))).ToList();
        if (jobs.FirstOrDefault(j => !stored.Jobs.Any(r => r.Release == to.Number && r.Service == j.Service && r.Number == j.Number && r.IsDone)) is { Job: { } missing } undone)
            throw new ConflictException($"v{to.Number} of {stored.App} never ran its job to the end ({JobWords.Name(undone.Service, missing)}), and a rollback runs none. Deploy it again.");
        if (pastOneWay || to.Number > live || OneWaySteps.Behind(stored, to.Number) is not { Count: > 0 } taken) return;
        throw new ConflictException($"{JobWords.Steps(taken)}: v{to.Number} knows nothing of it and may not get along with what it left. To go back all the same: slipway rollback {stored.App} --to {to.Number} --past-one-way.");
    }
}
