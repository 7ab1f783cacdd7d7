using Slipway.Model;
using Slipway.Releases.Canary;
using Slipway.Releases.Jobs;

namespace Slipway.Releases.Reconciling;

/// <summary>One thing to do next. Each may be repeated, and each is decided anew from what is stored and observed after a crash.</summary>
abstract record Step
{
    /// <summary>Stores these as the app's routes and lets the gateways have them.</summary>
    public sealed record SaveRoutes(IReadOnlyList<Route> Routes) : Step;

    /// <param name="IsNew">An instance is missing, so the image may be too.</param>
    public sealed record Apply(PlannedWorkload Planned, bool IsNew) : Step;

    /// <summary>Notes the time at which the instance lost its routes.</summary>
    public sealed record BeginDrain(Instance Instance) : Step;

    /// <summary>It is about to be told to stop, and can't be wanted again: a command that comes now finds another one started in its place.</summary>
    public sealed record BeginStop(Instance Instance) : Step;

    /// <summary>The instance that drained is gone.</summary>
    public sealed record EndDrain(string Instance) : Step;

    /// <summary>Stops the instance where it runs, then removes it.</summary>
    public sealed record Retire(Instance Instance) : Step;

    /// <summary>Puts the rollout's release into its slot.</summary>
    public sealed record TakeSlot(Slot Slot, Release Release, IReadOnlyDictionary<string, int> Origins) : Step;

    /// <summary>Begins, or goes on with, the clearing of a slot.</summary>
    public sealed record Clear(Slot Slot, Storing.Leaving Leaving) : Step;

    /// <summary>Removes the slot's networks and forgets what was in it.</summary>
    public sealed record FreeSlot(Slot Slot) : Step;

    /// <summary>The exclusive services are from now on those of the release in this slot.</summary>
    public sealed record Hold(Slot Slot, string Reason) : Step;

    /// <summary>The switch: the release in the slot is live, the one that was live is warm or leaves.</summary>
    public sealed record GoLive(Slot Slot, bool KeepOldWarm) : Step;

    /// <summary>The rollout's next state.</summary>
    public sealed record Move(RolloutState State, string? Message = null) : Step;

    /// <summary>One more instance of each service is shifted.</summary>
    public sealed record Advance(int To) : Step;

    /// <summary>A canary's next step: its weight is wanted from now on.</summary>
    /// <param name="OnlyApprovals">No requests are shared: of the steps only the approvals that ask for certain people count.</param>
    public sealed record EnterStep(int To, bool OnlyApprovals = false) : Step;

    /// <summary>Every gateway serves by the canary's weight: its time begins.</summary>
    /// <param name="Sample">What was counted until then; null where no gateway says.</param>
    public sealed record BeginStep(TrafficSample? Sample) : Step;

    /// <summary>A verdict on the canary.</summary>
    public sealed record Record(CanaryWindow Window, TrafficSample? Sample) : Step;

    /// <summary>The canary waits.</summary>
    public sealed record HoldOn(CanaryHold Why) : Step;

    /// <summary>The canary waits no longer.</summary>
    public sealed record GoOn : Step;

    /// <summary>The last step has passed: the canary's release is to be the live one.</summary>
    public sealed record LeaveSteps : Step;

    /// <summary>The release waits for these approvals before its first request; null: for none any more.</summary>
    public sealed record Gate(ApprovalRule? Asks) : Step;

    /// <summary>A freeze has ended by time.</summary>
    public sealed record Thaw : Step;

    /// <summary>The rollout failed: back to what was live.</summary>
    /// <param name="Instance">Whose last lines belong into the message.</param>
    /// <param name="How">The way in which a canary's step ended by it.</param>
    public sealed record Fail(string Reason, Instance? Instance, string How = "failed") : Step;

    /// <summary>The preview's time is over: it is being removed from now on.</summary>
    public sealed record Expire : Step;

    /// <summary>The rollout failed, and holds, because its release took a one-way step and has had requests.</summary>
    public sealed record HoldOneWay(string Reason) : Step;

    /// <summary>How far a job is, before it comes there.</summary>
    /// <param name="Unstarted">Its container, where that is said never to have been started; void while a start is under way.</param>
    public sealed record StoreJob(JobRun Run, Instance? Unstarted = null) : Step;

    /// <summary>Makes a job's container, and does not start it.</summary>
    public sealed record MakeJob(PlannedJob Job) : Step;

    /// <summary>Starts a job's container, if it never ran.</summary>
    public sealed record StartJob(PlannedJob Job, Instance Instance) : Step;

    /// <summary>Tells a job to stop, and kills it after its grace period.</summary>
    public sealed record StopJob(Instance Instance) : Step;

    /// <summary>A job has ended: the rest of its output, then how.</summary>
    public sealed record EndJob(JobRun Run, Instance Instance) : Step;

    /// <summary>Its end is stored: its container goes.</summary>
    public sealed record RemoveJob(Instance Instance) : Step;

    /// <summary>Nothing of the app runs any more: forgets it.</summary>
    public sealed record Forget(bool Volumes) : Step;
}

/// <param name="Steps">In the order in which they are to be taken.</param>
/// <param name="Next">When to look again though nothing reported anything; null: whenever something does.</param>
/// <param name="WaitsFor">A sentence about what stands in the way, for the journal.</param>
sealed record Decision(IReadOnlyList<Step> Steps, DateTimeOffset? Next, string? WaitsFor);

/// <summary>Gathers a decision.</summary>
sealed class DecisionBuilder
{
    readonly List<Step> _steps = [];
    DateTimeOffset? _next;
    string? _waitsFor;

    public void Do(Step step) => _steps.Add(step);

    public void LookAgain(DateTimeOffset at) => _next = _next is { } known && known < at ? known : at;

    public void WaitFor(string what) => _waitsFor ??= what;

    public Decision Build() => new(_steps, _next, _waitsFor);
}
