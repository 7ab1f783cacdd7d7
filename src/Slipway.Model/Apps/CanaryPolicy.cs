using System.Text.Json.Serialization;

namespace Slipway.Model;

/// <summary>How a canary goes from the old release to the new one. The same for every canary service of an app: they move as one group.</summary>
public sealed record CanaryPolicy
{
    /// <summary>A whole route, in <see cref="CanaryStep.Weight"/>.</summary>
    public const int AllRequests = 10_000;

    /// <summary>In order, the weights rising; the last one has the weight <see cref="AllRequests"/>.</summary>
    public required IReadOnlyList<CanaryStep> Steps { get; init; }

    public StickyKind Sticky { get; init; } = StickyKind.User;

    /// <summary>The header whose value is the user, with <see cref="StickyKind.Header"/>.</summary>
    public string? StickyHeader { get; init; }

    public JudgePolicy Judge { get; init; } = new();

    /// <summary>Not null: no canary but an experiment.</summary>
    public AbPolicy? Ab { get; init; }

    /// <summary>Matched requests alone go to the new release: no sample of all, and nothing to compare by.</summary>
    [JsonIgnore]
    public bool IsByMatchAlone => Ab is not null && Steps[0].Weight == 0;

    /// <summary>5% for 2 minutes, 25% and 50% for 5 minutes each, then everything, baked for 10 minutes.</summary>
    public static IReadOnlyList<CanaryStep> DefaultSteps { get; } =
    [
        new CanaryStep { Weight = 500, Lasts = TimeSpan.FromMinutes(2) },
        new CanaryStep { Weight = 2500, Lasts = TimeSpan.FromMinutes(5) },
        new CanaryStep { Weight = 5000, Lasts = TimeSpan.FromMinutes(5) },
        new CanaryStep { Weight = AllRequests, Lasts = CanaryStep.DefaultBake },
    ];

    /// <summary>What the new release gets while it is at a step: the step's weight, or at an approval that of the step before.</summary>
    /// <param name="step">Index from 0.</param>
    public int WeightAt(int step) => Steps.Take(step + 1).LastOrDefault(s => s.Weight is not null)?.Weight ?? 0;

    /// <summary>The copies that the new release gets while it is at a step; null where it gets none. An approval goes on with what it finds.</summary>
    /// <param name="step">Index from 0.</param>
    public CanaryMirror? MirrorAt(int step) => Steps.Take(step + 1).LastOrDefault(s => !s.IsApproval)?.Mirror;
}

/// <summary>One step of a canary: a weight or copies for a time, or a wait for a person.</summary>
public sealed record CanaryStep
{
    public static readonly TimeSpan DefaultBake = TimeSpan.FromMinutes(10);

    /// <summary>The new release's share of the requests, of 10,000; null: copies, or an approval, at the weight that it finds.</summary>
    public int? Weight { get; init; }

    /// <summary>Not null: copies in place of a weight.</summary>
    public CanaryMirror? Mirror { get; init; }

    /// <summary>From the acknowledgement of the weight by every gateway; at the last step it is called bake.</summary>
    public TimeSpan Lasts { get; init; }

    /// <summary>Whom an approval waits for; null: any account that may deploy the app, or give approvals.</summary>
    public ApprovalRule? Approve { get; init; }

    [JsonIgnore]
    public bool IsApproval => Weight is null && Mirror is null;

    [JsonIgnore]
    public bool IsBake => Weight == CanaryPolicy.AllRequests;
}

/// <summary>Whose requests always go to the same release.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StickyKind>))]
public enum StickyKind
{
    /// <summary>Nobody's: each request is assigned for itself.</summary>
    [JsonStringEnumMemberName("none")] None,

    /// <summary>A browser's, by a cookie that the gateway issues and signs.</summary>
    [JsonStringEnumMemberName("user")] User,

    /// <summary>Those with the same value of a header.</summary>
    [JsonStringEnumMemberName("header")] Header,
}

/// <summary>When the new release of a canary is taken for good or bad. Both releases are measured by the gateway, over the same time.</summary>
public sealed record JudgePolicy
{
    /// <summary>How far back a verdict looks.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Between two verdicts.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>With fewer requests to either release there is no data, which neither passes nor fails.</summary>
    public int MinRequests { get; init; } = 100;

    /// <summary>So many failed verdicts of the last <see cref="FailOf"/> that had data end the rollout.</summary>
    public int FailAfter { get; init; } = 2;

    public int FailOf { get; init; } = 4;

    /// <summary>A step that can't end for want of data asks for a person after this time.</summary>
    public TimeSpan HoldMax { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>All of them must hold; none: steps end by time alone.</summary>
    public IReadOnlyList<JudgeCheck> Checks { get; init; } =
    [
        new JudgeCheck { Measure = JudgeMeasure.Errors, Limit = 0.01, VersusStable = 0.005 },
        new JudgeCheck { Measure = JudgeMeasure.P99, Limit = 500, VersusStable = 1.2 },
        new JudgeCheck { Measure = JudgeMeasure.Restarts, Limit = 0 },
    ];
}

[JsonConverter(typeof(JsonStringEnumConverter<JudgeMeasure>))]
public enum JudgeMeasure
{
    /// <summary>Answers of class 5xx and requests that the gateway had to answer itself, as a part of all: 0.01 is 1%.</summary>
    [JsonStringEnumMemberName("errors")] Errors,

    /// <summary>The time within which 99 of 100 requests were answered, in milliseconds.</summary>
    [JsonStringEnumMemberName("p99")] P99,

    /// <summary>Instances that ended or were started again within the window.</summary>
    [JsonStringEnumMemberName("restarts")] Restarts,
}

/// <summary>One thing that a judge looks at.</summary>
public sealed record JudgeCheck
{
    public required JudgeMeasure Measure { get; init; }

    /// <summary>The most that is good, in the measure's unit; null: only the comparison counts.</summary>
    public double? Limit { get; init; }

    /// <summary>
    /// How much worse than the live release is still good: of errors a difference (0.005 is half a percentage point), of p99 a factor. Exceeded only
    /// where the one-sided 95% bound says so. Null: no comparison.
    /// </summary>
    public double? VersusStable { get; init; }
}
