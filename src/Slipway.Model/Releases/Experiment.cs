namespace Slipway.Model;

/// <summary>What an experiment has shown: the gateways' counts of both releases since it began, over all of their sessions.</summary>
public sealed record Experiment
{
    public required DateTimeOffset Began { get; init; }

    /// <summary>Until when is counted: now, or its end.</summary>
    public required DateTimeOffset Through { get; init; }

    /// <summary>When its time is over; null: when a person ends it, or it has ended.</summary>
    public DateTimeOffset? Ends { get; init; }

    public required ExperimentArm New { get; init; }

    public required ExperimentArm Stable { get; init; }

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<GoalResult> Goals { get; init; } = [];
}

/// <summary>What one release did in an experiment. Times in milliseconds; null without requests.</summary>
public sealed record ExperimentArm
{
    public required int Release { get; init; }

    public long Requests { get; init; }

    /// <summary>Answers of class 5xx, and requests that the gateway had to answer itself.</summary>
    public long Errors { get; init; }

    public double? P50 { get; init; }

    public double? P95 { get; init; }

    public double? P99 { get; init; }
}

/// <summary>How often a goal was reached, of the requests to each release. Rates are 0 to 1.</summary>
public sealed record GoalResult
{
    public required string Name { get; init; }

    public long New { get; init; }

    public long Stable { get; init; }

    public double NewRate { get; init; }

    public double StableRate { get; init; }

    /// <summary>Rate of the new release less that of the live one.</summary>
    public double Difference { get; init; }

    /// <summary>
    /// The difference's two-sided 95% interval (R. G. Newcombe, Statistics in Medicine 17, 1998, method 10), as wide as it must be for requests of one user being
    /// alike; null without requests to both, or while they come from too few users to say.
    /// </summary>
    public double? Low { get; init; }

    public double? High { get; init; }

    /// <summary>better or worse, where the interval lies to one side of 0; null: not known.</summary>
    public string? Verdict { get; init; }
}
