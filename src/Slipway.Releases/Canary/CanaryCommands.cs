using Slipway.Model;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Canary;

/// <summary>What people may ask of a canary that is under way. Pure: each gives the rollout as it is to be stored.</summary>
static class CanaryCommands
{
    /// <summary>The canary that is at one of its steps; null where there is none, or its release is about to be live.</summary>
    public static CanaryRun? Of(StoredApp stored) => CanaryRun.Of(stored) is { Rollout.State: not RolloutState.Promoting } run ? run : null;

    /// <summary>Gives the approval that it waits for, or goes on to its next step, past an approval, or to a given one.</summary>
    /// <param name="run">The canary.</param>
    /// <param name="toStep">From 1; null: the next one.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="now">The time that is stored.</param>
    /// <exception cref="InvalidInputException">There is no such step, or it is past it.</exception>
    /// <exception cref="ForbiddenException">An approval on the way waits for somebody else.</exception>
    public static Rollout Promote(CanaryRun run, int? toStep, Asker by, DateTimeOffset now)
    {
        var (rollout, policy, at) = (run.Rollout, run.Policy, run.Rollout.Step);
        if (toStep is not null && policy.Ab is not null) throw new ConflictException($"The experiment of {rollout.App} has no steps. To give the new release everything: slipway promote {rollout.App}");
        if (toStep is not null && run.Progress.OnlyApprovals) throw new ConflictException($"No service of {rollout.App} with a route has changed: only its approvals are waited for. To give this one: slipway promote {rollout.App}");
        if (toStep is { } step && (step <= at + 1 || step > policy.Steps.Count))
            throw new InvalidInputException(new Diagnostic
            {
                Key = "to-step",
                Message = step > policy.Steps.Count || step < 1 ? $"the canary of {rollout.App} has no step {step}" : $"the canary of {rollout.App} is at step {at + 1} already, and goes forward only",
                Found = $"{step}",
                Expected = at + 1 == policy.Steps.Count ? "no step: it is at the last one" : $"{at + 2} to {policy.Steps.Count}",
            });
        var isApproval = run.Progress.Hold == CanaryHold.Approval;
        if (toStep is null && isApproval) return Approvals.Give(run, by, now);
        var to = toStep - 1 ?? at + 1;
        // Who promotes has approved; but of two approvals in a row each is given for itself, and one that asks for certain people is not passed over.
        if (toStep is null && to < policy.Steps.Count && policy.Steps[to] is { IsApproval: true, Approve: not { IsStrict: true } }) to++;
        var how = Approvals.PassedOver(run, isApproval ? at : at + 1, to, by) ?? (isApproval ? "approved" : "promoted");
        return CanaryMoves.GoTo(rollout, policy, to, how, by.Name, now) with { DespiteFreeze = rollout.DespiteFreeze || by.DespiteFreeze };
    }

    /// <exception cref="ConflictException">It waits for a person already.</exception>
    public static Rollout Pause(CanaryRun run, string? by, DateTimeOffset now) => run.Progress.Hold switch
    {
        _ when run.Policy.Ab is not null => throw new ConflictException(
            $"The experiment of {run.Rollout.App} can't be paused: its shares stay as they are anyway, and a gap would be in its results. To end it: slipway promote {run.Rollout.App} or slipway abort {run.Rollout.App}"),
        CanaryHold.Paused => throw new ConflictException($"The canary of {run.Rollout.App} is paused already. To go on: slipway resume {run.Rollout.App}"),
        CanaryHold.OneWay => throw new ConflictException($"The canary of {run.Rollout.App} has failed and holds already. To go on: slipway promote {run.Rollout.App}; to take it back: slipway abort {run.Rollout.App} --past-one-way"),
        CanaryHold.Approval => throw new ConflictException($"The canary of {run.Rollout.App} waits for a person already. To go on: slipway promote {run.Rollout.App}"),
        _ => CanaryMoves.Hold(run.Rollout, CanaryHold.Paused, now, by),
    };

    /// <exception cref="ConflictException">It isn't paused; the message says what it waits for instead.</exception>
    public static Rollout Resume(CanaryRun run, Asker by, DateTimeOffset now)
    {
        var (rollout, app) = (run.Rollout, run.Rollout.App);
        return run.Progress.Hold switch
        {
            _ when run.Policy.Ab is not null => throw new ConflictException($"The experiment of {app} is not paused, and can't be. To end it: slipway promote {app} or slipway abort {app}"),
            null => throw new ConflictException($"The canary of {app} is not paused."),
            CanaryHold.Approval => throw new ConflictException($"Step {rollout.Step + 1} of the canary of {app} waits for an approval. To give it: slipway promote {app}"),
            CanaryHold.OneWay => throw new ConflictException($"The canary of {app} has failed and holds for a person. To let it go on: slipway promote {app}; to take it back: slipway abort {app} --past-one-way"),
            CanaryHold.NoData => throw new ConflictException($"The canary of {app} holds because the judge has no data, and goes on by itself when there is some. To go on without: slipway promote {app}"),
            _ => CanaryMoves.GoOn(rollout, run.Policy, now, by.Name) with { DespiteFreeze = rollout.DespiteFreeze || by.DespiteFreeze },
        };
    }
}
