namespace Slipway.Model;

/// <summary>
/// Something that happened to an app's releases, for whoever follows them: <c>GET /api/v1/events</c>, webhooks. Stored in the transaction of what it tells of,
/// so that there is neither without the other.
/// </summary>
public sealed record ReleaseEvent
{
    /// <summary>Ascending in the order of commits.</summary>
    public long Id { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>One of <see cref="ReleaseEvents"/>' words.</summary>
    public required string Type { get; init; }

    /// <summary>Null: the whole platform.</summary>
    public AppName? App { get; init; }

    public long? Rollout { get; init; }

    public int? Release { get; init; }

    /// <summary>The release that was live when the rollout began.</summary>
    public int? From { get; init; }

    /// <summary>Of a canary the step, from 0.</summary>
    public int? Step { get; init; }

    /// <summary>Of a canary the new release's share, of 10,000.</summary>
    public int? Weight { get; init; }

    /// <summary>The account that did it, where a person did.</summary>
    public string? By { get; init; }

    /// <summary>A sentence for people, or part of one.</summary>
    public string? Text { get; init; }
}

/// <summary>The words for what happens.</summary>
public static class ReleaseEvents
{
    public const string RolloutStarted = "rollout-started", StepEntered = "step-entered", Holding = "holding", Approved = "approved", Paused = "paused", Resumed = "resumed",
        JudgeFailed = "judge-failed", Promoting = "promoting", RollingBack = "rolling-back", RolledBack = "rolled-back", Done = "done", Failed = "failed", Cancelled = "cancelled",
        Superseded = "superseded", Scaled = "scaled", MaintenanceOn = "maintenance-on", MaintenanceOff = "maintenance-off", Removed = "removed", Frozen = "frozen", Unfrozen = "unfrozen", RuleChanged = "approvals-changed";

    public static IReadOnlyList<string> All { get; } =
    [
        RolloutStarted, StepEntered, Holding, Approved, Paused, Resumed, JudgeFailed, Promoting, RollingBack, RolledBack, Done, Failed, Cancelled, Superseded,
        Scaled, MaintenanceOn, MaintenanceOff, Removed, Frozen, Unfrozen, RuleChanged,
    ];
}
