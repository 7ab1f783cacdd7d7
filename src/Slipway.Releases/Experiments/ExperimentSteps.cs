using Slipway.Model;
using Slipway.Releases.Canary;
using Slipway.Releases.Governing;
using Slipway.Releases.Jobs;
using Slipway.Releases.Reconciling;

namespace Slipway.Releases.Experiments;

/// <summary>What an experiment does when its time is over; until then it is a canary that stays at its step. Pure: see <see cref="AppDecision"/>.</summary>
static class ExperimentSteps
{
    public static void Decide(AppView view, CanaryRun run, AbPolicy ab, DecisionBuilder decision)
    {
        if (run.Progress.Hold is not null || run.End is not { } end) return;
        if (end > view.Now) decision.LookAgain(end);
        // Counted to its end, then decided by what is stored.
        else if (!IsCounted(run)) decision.Do(CanarySteps.Verdict(view, run));
        else if (ab.Then == AbEnd.Abort) OneWaySteps.Fail(view, new Step.Fail("The experiment is over, and its file says: then: abort.", null, "ended"), decision);
        else if (ab.Then == AbEnd.Hold || ExperimentResults.Objection(view.Stored.Tally, run.Policy) is not null) decision.Do(new Step.HoldOn(CanaryHold.Ended));
        else if (view.Stored.FrozenBy(view.Now) is { } freeze) decision.WaitFor($"the experiment is over; {FreezeWords.Of(freeze, view.Stored.App)}");
        else if (view.IsReady(run.Next)) decision.Do(new Step.LeaveSteps());
        else decision.WaitFor($"the experiment is over; waiting for v{run.Next.Release.Number} to be ready");
    }

    /// <summary>Whether the counts reach to the experiment's end.</summary>
    public static bool IsCounted(CanaryRun run) => run.End is not { } end || run.Windows is [.., var last] && last.To >= end;

    /// <summary>Why it holds, for people.</summary>
    public static string Over(CanaryPolicy policy, Tally? tally) =>
        "the experiment is over: slipway promote gives the new release everything, slipway abort takes it back"
        + (policy.Ab!.Then == AbEnd.Promote && ExperimentResults.Objection(tally, policy) is { } why ? $"; not promoted by itself: {why}" : "");

    public static string Of(CanaryPolicy policy)
    {
        var ab = policy.Ab!;
        var who = policy.IsByMatchAlone ? "matched requests" : $"{CanarySteps.Percent(policy.WeightAt(0))} of the users";
        var time = ab.Until is { } until ? $"until {until:yyyy-MM-dd HH:mm} UTC" : ab.For is { } length ? $"for {CanaryWords.Of(length)}" : "until a person ends it";
        return $"experiment: {who}, {time}";
    }
}
