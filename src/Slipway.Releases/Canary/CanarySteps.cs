using System.Globalization;
using Slipway.Model;
using Slipway.Releases.Experiments;
using Slipway.Releases.Jobs;
using Slipway.Releases.Reconciling;

namespace Slipway.Releases.Canary;

/// <summary>What a canary does next. Pure: see <see cref="AppDecision"/>.</summary>
static class CanarySteps
{
    /// <summary>Whether any service's requests would be shared; else there is nothing to compare, and no reason for steps.</summary>
    public static bool SharesRequests(AppView view) =>
        view.Stored.LiveSlot is { } live && live.Release.Model.Services.Any(s => s.Release.IsRouted && Sides(view, live.Slot, s.Name) is { Next: not null });

    /// <summary>The workload that serves the live release, and the new release's where that is another one.</summary>
    public static (PlannedWorkload? Current, PlannedWorkload? Next) Sides(AppView view, Slot live, string service)
    {
        var current = view.Plan.InForce.GetValueOrDefault((live, service));
        var next = view.Plan.InForce.GetValueOrDefault((live.Other, service));
        return (current, next is { Service.Release.IsRouted: true } && next != current ? next : null);
    }

    /// <param name="isSettled">Every gateway serves by the routes as they should be.</param>
    public static void Decide(AppView view, CanaryRun run, bool isSettled, DecisionBuilder decision)
    {
        if (run.Progress.Settled is null)
        {
            if (isSettled) decision.Do(new Step.BeginStep(Sample(view, run)));
            else decision.WaitFor($"waiting for the gateway to acknowledge that v{run.Next.Release.Number} gets {(run.Policy.IsByMatchAlone ? "matched requests" : CanaryWords.Share(run.Progress.Weight, run.Progress.Mirror))}");
            return;
        }
        if (Judged(view, run, decision)) return;
        if (run.Policy.Ab is { } ab)
        {
            ExperimentSteps.Decide(view, run, ab, decision);
            return;
        }
        if (view.Stored.FrozenBy(view.Now) is null)
        {
            if (run.Progress.Hold == CanaryHold.Frozen) decision.Do(new Step.GoOn());
        }
        else if (run.Progress.Hold is null or CanaryHold.NoData)
        {
            decision.Do(new Step.HoldOn(CanaryHold.Frozen));
            return;
        }
        if (run.Progress.Hold == CanaryHold.NoData && run.LastVerdict is { Verdict: JudgeVerdict.Pass }) decision.Do(new Step.GoOn());
        if (run.End is not { } end) return;
        if (end > view.Now) decision.LookAgain(end);
        else if (!view.IsReady(run.Next)) decision.WaitFor($"waiting for v{run.Next.Release.Number} to be ready");
        else if (MayPass(view, run, decision)) decision.Do(run.IsLastStep ? new Step.LeaveSteps() : new Step.EnterStep(run.Rollout.Step + 1));
    }

    /// <summary>True where the judge has something to say now. It goes on while the rollout holds: that a person thinks does not make a bad release good.</summary>
    static bool Judged(AppView view, CanaryRun run, DecisionBuilder decision)
    {
        if (run.NextVerdict is not { } due) return false;
        if (run.Rollout.OneWay is null && Judge.Failure(run.Policy.Judge, run.Counting) is { } reason) OneWaySteps.Fail(view, new Step.Fail(reason, null), decision);
        else if (due <= view.Now) decision.Do(Verdict(view, run));
        else
        {
            decision.LookAgain(due);
            return false;
        }
        return true;
    }

    static bool MayPass(AppView view, CanaryRun run, DecisionBuilder decision)
    {
        if (run.Policy.Judge.Checks.Count == 0) return true;
        switch (run.LastVerdict?.Verdict)
        {
            case JudgeVerdict.Pass:
                return true;
            case JudgeVerdict.NoData:
                var until = LastWithData(run) + run.Policy.Judge.HoldMax;
                if (until <= view.Now) decision.Do(new Step.HoldOn(CanaryHold.NoData));
                else decision.LookAgain(until);
                decision.WaitFor($"the step's time is over, and the judge has no data: {run.LastVerdict.Reason}");
                return false;
            default:
                return false;
        }
    }

    /// <summary>Since when there is no data: the end of the last window that had some, or the beginning of the weight.</summary>
    static DateTimeOffset LastWithData(CanaryRun run)
    {
        var settled = run.Progress.Settled!.Value;
        return run.Windows.LastOrDefault(w => w.Verdict != JudgeVerdict.NoData)?.To is { } to && to > settled ? to : settled;
    }

    internal static Step.Record Verdict(AppView view, CanaryRun run)
    {
        var sample = Sample(view, run);
        var (judgement, window) = Look(view, run, sample);
        return new Step.Record(window with { Verdict = judgement.Verdict, Reason = judgement.Reason }, sample);
    }

    /// <summary>The window that ends now, and what is to be thought of it.</summary>
    public static (Judgement Judgement, CanaryWindow Window) Look(AppView view, CanaryRun run, TrafficSample? sample)
    {
        var judge = run.Policy.Judge;
        // Verdicts don't come to the second: a sample that is a little older than the window is nearer to it than the one behind it.
        var oldest = view.Now - judge.Window - (judge.Every / 2);
        var first = run.Progress.Settled!.Value > oldest ? run.Progress.Settled.Value : oldest;
        var from = run.Samples.FirstOrDefault(s => s.At >= first && s.At < view.Now && sample?.Since(s) is not null);
        var began = from?.At ?? (run.NextVerdict!.Value - judge.Every is var last && last > first ? last : first);
        var pair = from is null ? null : sample!.Since(from);
        var (next, stable) = (pair?.Next ?? ArmCounts.None, pair?.Stable ?? ArmCounts.None);
        next = next with { Restarts = Restarts(view, run.Next.Slot, began) };
        stable = stable with { Restarts = Restarts(view, run.Live.Slot, began) };
        var judgement = sample is null ? Judgement.NoData("no gateway answers, or one of another version")
            : from is null ? Judgement.NoData("the gateway was started anew, or nothing was measured before")
            : Judge.Decide(judge, next, stable, run.Progress.Weight < CanaryPolicy.AllRequests && !run.Policy.IsByMatchAlone, run.Live.Release.Number);
        return (judgement, new CanaryWindow
        {
            Number = run.Windows is [.., var before] ? before.Number + 1 : 1,
            From = began,
            To = view.Now,
            Step = run.Rollout.Step,
            Weight = run.Progress.Weight,
            Mirror = run.Progress.Mirror,
            Dropped = next.Dropped,
            Verdict = judgement.Verdict,
            Reason = judgement.Reason,
            New = next.Arm(run.Next.Release.Number),
            Stable = stable.Arm(run.Live.Release.Number),
        });
    }

    public static TrafficSample? Sample(AppView view, CanaryRun run) => TrafficSample.Take(
        view.Reports, view.Stored.App,
        view.Stored.Routes.Where(r => run.Progress.Mirror is null ? r.Split is not null : r.Mirror is not null).Select(r => r.Service).ToHashSet(),
        run.Next.Release.Number, run.Live.Release.Number, view.ReportedAt ?? view.Now,
        run.Progress.Mirror is not null ? TrafficSample.Of.Copies : run.Policy.IsByMatchAlone ? TrafficSample.Of.Matched : TrafficSample.Of.Everybody);

    /// <summary>Instances of a release's own (not shared) workloads that ended within the window, whether they were started again or not.</summary>
    static int Restarts(AppView view, Slot slot, DateTimeOffset from) => view.Plan.Workloads
        .Where(w => w.Slots is [var only] && only == slot)
        .SelectMany(view.Of)
        .Count(i => i.Finished > from && !IsDone(view, i));

    static bool IsDone(AppView view, Instance instance) => view.Plan.Find(instance) is { } planned && Completion.IsDone(instance, planned.Service);

    public static string Percent(int weight) => string.Create(CultureInfo.InvariantCulture, $"{weight / 100.0:0.##}%");
}
