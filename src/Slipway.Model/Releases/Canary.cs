using System.Text.Json.Serialization;

namespace Slipway.Model;

/// <summary>How far a canary is. Stored with its rollout before anything of it takes effect.</summary>
public sealed record CanaryProgress
{
    /// <summary>The new release's share, of 10,000.</summary>
    public required int Weight { get; init; }

    /// <summary>Of 10,000 requests the new release gets so many copies; null: none.</summary>
    public int? Mirror { get; init; }

    /// <summary>When every gateway had acknowledged the weight; null until then. Nothing before it is measured.</summary>
    public DateTimeOffset? Settled { get; init; }

    /// <summary>Since when the step's time runs; null while it doesn't.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The step's time that had passed before <see cref="Since"/>.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Why it holds; null while it doesn't.</summary>
    public CanaryHold? Hold { get; init; }

    /// <summary>When a person let it go on though it had failed; what was measured before does not count against it any more. Null: that did not happen.</summary>
    public DateTimeOffset? Pardoned { get; init; }

    /// <summary>No service with a route has changed, so that no requests are shared: of the steps only the approvals that ask for certain people are waited for.</summary>
    public bool OnlyApprovals { get; init; }

    /// <summary>What the approval that it is at asks for; null elsewhere, and where any account with rights may give it.</summary>
    public ApprovalRule? Asks { get; init; }

    /// <summary>Those that were given of them.</summary>
    public IReadOnlyList<Approval> Approvals { get; init; } = [];

    /// <summary>Every step that it was at, the present one last.</summary>
    public IReadOnlyList<CanaryStepRecord> History { get; init; } = [];
}

[JsonConverter(typeof(JsonStringEnumConverter<CanaryHold>))]
public enum CanaryHold
{
    /// <summary>The step asks for a person: promote.</summary>
    [JsonStringEnumMemberName("approval")] Approval,

    /// <summary>A person paused it: resume.</summary>
    [JsonStringEnumMemberName("paused")] Paused,

    /// <summary>The judge had no data for too long. It goes on by itself as soon as a window passes; without data: promote.</summary>
    [JsonStringEnumMemberName("no-data")] NoData,

    /// <summary>It failed, and its release took a one-way step: a person takes it back or lets it go on (<see cref="Rollout.OneWay"/>).</summary>
    [JsonStringEnumMemberName("one-way")] OneWay,

    /// <summary>The app, or the platform, is frozen. It goes on by itself when that is over.</summary>
    [JsonStringEnumMemberName("frozen")] Frozen,

    /// <summary>An experiment's time is over: promote or abort.</summary>
    [JsonStringEnumMemberName("ended")] Ended,
}

/// <summary>One step as it was.</summary>
/// <param name="Step">Index from 0.</param>
/// <param name="Weight">Of 10,000.</param>
/// <param name="End">How it ended: passed, approved, promoted, failed, aborted, superseded; null while it lasts.</param>
/// <param name="By">The account that ended it, where a person did; of several approvals all of them.</param>
/// <param name="Turns">What happened in between, in order.</param>
/// <param name="Mirror">Of 10,000 requests so many were copied; null: none.</param>
public sealed record CanaryStepRecord(int Step, int Weight, DateTimeOffset Began, DateTimeOffset? Ended = null, string? End = null, string? By = null, IReadOnlyList<CanaryTurn>? Turns = null, int? Mirror = null);

/// <summary>What happened to a step while it lasted.</summary>
/// <param name="What">paused, frozen, no-data, ended, resumed, approved</param>
/// <param name="By">The account, where a person did it.</param>
public sealed record CanaryTurn(string What, DateTimeOffset At, string? By = null);

[JsonConverter(typeof(JsonStringEnumConverter<JudgeVerdict>))]
public enum JudgeVerdict
{
    [JsonStringEnumMemberName("pass")] Pass,
    [JsonStringEnumMemberName("fail")] Fail,

    /// <summary>Too few requests to say.</summary>
    [JsonStringEnumMemberName("no-data")] NoData,
}

/// <summary>One verdict of the judge and what it was made from.</summary>
public sealed record CanaryWindow
{
    /// <summary>From 1 within the rollout.</summary>
    public required int Number { get; init; }

    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    /// <summary>Index from 0.</summary>
    public required int Step { get; init; }

    /// <summary>Of 10,000.</summary>
    public required int Weight { get; init; }

    /// <summary>Not null: of 10,000 requests so many were copied, and <see cref="New"/> is what became of the copies.</summary>
    public int? Mirror { get; init; }

    /// <summary>Copies that were left out because too many were under way, or for their size.</summary>
    public long Dropped { get; init; }

    public required JudgeVerdict Verdict { get; init; }

    /// <summary>What failed, or why there is no data; null with <see cref="JudgeVerdict.Pass"/>.</summary>
    public string? Reason { get; init; }

    public required CanaryArm New { get; init; }

    public required CanaryArm Stable { get; init; }
}

/// <summary>What one release did within a window.</summary>
public sealed record CanaryArm
{
    public required int Release { get; init; }

    public long Requests { get; init; }

    /// <summary>Answers of class 5xx, and requests that the gateway had to answer itself.</summary>
    public long Errors { get; init; }

    /// <summary>Milliseconds, from the gateway's histogram; null without requests.</summary>
    public double? P99 { get; init; }

    /// <summary>Instances that ended or were started again.</summary>
    public int Restarts { get; init; }

    /// <summary>0 to 1.</summary>
    [JsonIgnore]
    public double ErrorRate => Requests == 0 ? 0 : (double)Errors / Requests;
}

/// <summary>A canary as it is, or as it was when it ended: <c>GET /api/v1/rollouts/{id}/canary</c>.</summary>
public sealed record CanaryStatus
{
    public required Rollout Rollout { get; init; }

    public required CanaryPolicy Policy { get; init; }

    /// <summary>What the gateways have counted within the length of a window until now, and what the judge would say; null where nothing is measured.</summary>
    public CanaryWindow? Now { get; init; }

    /// <summary>Until the step's time is over; null while it doesn't run.</summary>
    public TimeSpan? Left { get; init; }

    /// <summary>What it has shown until now, of an experiment.</summary>
    public Experiment? Experiment { get; init; }

    /// <summary>Oldest first; of a long rollout the newest 1,000.</summary>
    public IReadOnlyList<CanaryWindow> Windows { get; init; } = [];
}

/// <summary>A release with all that happened to it: <c>GET /api/v1/apps/{app}/releases/{number}/report</c>.</summary>
public sealed record ReleaseReport
{
    public required AppName App { get; init; }

    public required ReleaseStatus Release { get; init; }

    /// <summary>What it was made from and what it changed; null where it was made before that was kept.</summary>
    public ReleaseChanges? Changes { get; init; }

    /// <summary>The rollouts that brought it in, newest first.</summary>
    public required IReadOnlyList<Rollout> Rollouts { get; init; }

    /// <summary>The jobs that it ran, or began to.</summary>
    public IReadOnlyList<JobRun> Jobs { get; init; } = [];

    /// <summary>Steps and judge, of a canary.</summary>
    public CanaryPolicy? Policy { get; init; }

    /// <summary>What the newest of the rollouts has shown that was an experiment.</summary>
    public Experiment? Experiment { get; init; }

    /// <summary>The judge's windows in the newest of the rollouts that had any, oldest first.</summary>
    public IReadOnlyList<CanaryWindow> Windows { get; init; } = [];
}
