using Slipway.Model;
using Slipway.Releases.Canary;
using Slipway.Releases.Experiments;
using Slipway.Releases.Governing;
using Slipway.Releases.Jobs;

namespace Slipway.Releases.Reconciling;

/// <summary>Writes what an app's loop does and sees into the journal of the rollout that is going on.</summary>
sealed class RolloutReporter(RolloutJournal journal, TimeProvider time)
{
    readonly Dictionary<string, (string State, Instance Instance)> _states = [];
    string? _waitsFor;

    /// <summary>A step was stored.</summary>
    public void Taken(AppView view, Step step, string? error)
    {
        if (view.Stored.Rollout is not { } rollout) return;
        switch (step)
        {
            case Step.Move move:
                State(rollout, move.State, move.Message);
                break;
            case Step.Fail:
                State(rollout, RolloutState.RollingBack, error);
                break;
            case Step.GoLive:
                if (rollout.State != RolloutState.Promoting) State(rollout, RolloutState.Promoting, null);
                break;
            case Step.Advance advance:
                Note(rollout, $"step {advance.To} of {Shift.LastStep(view.Stored)}: new instances take over from old ones");
                break;
            case Step.EnterStep enter when ReleaseStrategy.CanaryOf(view.Stored.Target!.Model) is { } policy:
                State(rollout, CanaryMoves.Enter(rollout, policy, enter.To, "", null, view.Now).State, CanaryWords.Of(policy, enter.To));
                break;
            case Step.Record record when record.Window.Verdict == JudgeVerdict.Fail || view.Stored.CanaryWindows is not [.., var before] || record.Window.Verdict != before.Verdict:
                Note(rollout, CanaryWords.Of(record.Window), record.Window.Verdict == JudgeVerdict.Fail ? Severity.Warning : null);
                break;
            case Step.HoldOn { Why: CanaryHold.Frozen }:
                State(rollout, RolloutState.Holding, view.Stored.FrozenBy(view.Now) is { } freeze ? $"{FreezeWords.Of(freeze, rollout.App)}; it goes on when that is over" : "it is frozen");
                break;
            case Step.HoldOn { Why: CanaryHold.Ended }:
                State(rollout, RolloutState.Holding, ExperimentSteps.Over(ReleaseStrategy.CanaryOf(view.Stored.Target!.Model)!, view.Stored.Tally));
                break;
            case Step.HoldOn:
                State(rollout, RolloutState.Holding, $"no data for longer than {CanaryWords.Of(ReleaseStrategy.CanaryOf(view.Stored.Target!.Model)!.Judge.HoldMax)}: goes on when there is some, or with a promote");
                break;
            case Step.GoOn when ReleaseStrategy.CanaryOf(view.Stored.Target!.Model) is { } policy:
                State(rollout, CanaryMoves.GoOn(rollout, policy, view.Now).State, rollout.Canary!.Hold == CanaryHold.Frozen ? "it is not frozen any more" : "there is data again");
                break;
            case Step.Gate { Asks: { } asks }:
                State(rollout, RolloutState.Holding, $"it waits for {ApprovalWords.Wanted(asks)}");
                break;
            case Step.Gate:
                State(rollout, RolloutState.Verifying, "no approval is asked for any more");
                break;
            case Step.HoldOneWay hold:
                State(rollout, RolloutState.Holding, hold.Reason);
                break;
            case Step.StoreJob job when job.Run.Rollout == rollout.Id && job.Run.State != JobState.Planned:
                Job(job.Run);
                break;
            case Step.EndJob end when end.Run.Rollout == rollout.Id:
                Job(end.Run);
                break;
            case Step.LeaveSteps:
                State(rollout, RolloutState.Promoting, null);
                break;
            case Step.Hold hold:
                Note(rollout, hold.Reason);
                break;
            case Step.TakeSlot take:
                foreach (var (service, origin) in take.Origins.Where(o => o.Value != take.Release.Number))
                    Note(rollout, $"{service} is carried over from v{origin}");
                break;
        }
    }

    /// <summary>What changed about the instances since the last look, and what the decision waits for.</summary>
    public void Seen(AppView view, string? waitsFor)
    {
        if (view.Stored.Rollout is { } rollout)
        {
            foreach (var instance in view.Instances)
                if (StateOf(view, instance) is var state && state != Before(view, instance)) Changed(rollout, instance, state);
            foreach (var (id, gone) in _states.Where(s => view.Instances.All(i => i.Id != s.Key)).ToList()) Changed(rollout, gone.Instance, "removed");
            // Last: it is often a consequence of what was just seen.
            if (waitsFor is not null && waitsFor != _waitsFor) Note(rollout, waitsFor);
        }
        _waitsFor = waitsFor;
        var states = view.Instances.ToDictionary(i => i.Id, i => (IsUnjudged(view, i) ? "ready" : StateOf(view, i), i));
        _states.Clear();
        foreach (var (id, state) in states) _states.Add(id, state);
    }

    /// <summary>What was last told of it; for one that was there before the rollout, and is seen for the first time, that it is ready.</summary>
    string? Before(AppView view, Instance instance) =>
        _states.TryGetValue(instance.Id, out var before) ? before.State
        : IsUnjudged(view, instance) ? StateOf(view, instance)
        : IsNew(view, instance) ? null
        : "ready";

    /// <summary>A server that has just started does not know yet what its predecessor knew; an old instance does not start because of that.</summary>
    bool IsUnjudged(AppView view, Instance instance) =>
        view.Stored.Rollout is not null && !IsNew(view, instance) && Convergence.IsAlive(instance) && StateOf(view, instance) == "starting"
        && (!_states.TryGetValue(instance.Id, out var before) || before.State == "ready");

    static bool IsNew(AppView view, Instance instance) => instance.Created >= view.Stored.Rollout!.Created;

    static string StateOf(AppView view, Instance instance)
    {
        var isWanted = view.Wants(instance);
        if (instance.State == InstanceState.Removing) return "stopped";
        if (!Convergence.IsAlive(instance)) return instance.State == InstanceState.Exited ? isWanted && instance.ExitCode != 0 ? "died" : "stopped" : "starting";
        if (!isWanted) return "draining";
        return view.VerdictOf(instance) == Verdict.Ready ? "ready" : "starting";
    }

    void Changed(Rollout rollout, Instance instance, string state) => journal.Append(rollout.Id, new RolloutEvent.InstanceChanged
    {
        Time = time.GetUtcNow(),
        Service = instance.Service,
        Instance = instance.Name,
        State = state,
        Detail = state == "died" ? $"exit code {instance.ExitCode}{(instance.OutOfMemory ? ", out of memory" : "")}" : null,
    });

    void Job(JobRun run) => journal.Append(run.Rollout, new RolloutEvent.JobChanged
    {
        Time = time.GetUtcNow(),
        Service = run.Service,
        Number = run.Number,
        Run = JobWords.Line(run.Job),
        State = JobWords.State(run),
        Detail = JobWords.Detail(run),
        Seconds = JobWords.Seconds(run),
    });

    void Note(Rollout rollout, string text, Severity? severity = null) =>
        journal.Append(rollout.Id, new RolloutEvent.Note { Time = time.GetUtcNow(), Severity = severity, Text = text });

    void State(Rollout rollout, RolloutState state, string? message) => journal.Append(
        rollout.Id, new RolloutEvent.StateChanged { Time = time.GetUtcNow(), State = state, Release = rollout.Release, Message = message });
}
