using Slipway.Model;
using Slipway.Releases.Experiments;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Canary;

/// <summary>A canary that is under way, by what is stored: from its first step until its release is live.</summary>
sealed record CanaryRun
{
    public required Rollout Rollout { get; init; }

    public required CanaryPolicy Policy { get; init; }

    public required CanaryProgress Progress { get; init; }

    /// <summary>The new release, staged beside the live one.</summary>
    public required SlotState Next { get; init; }

    public required SlotState Live { get; init; }

    /// <summary>Newest last.</summary>
    public required IReadOnlyList<CanaryWindow> Windows { get; init; }

    public required IReadOnlyList<TrafficSample> Samples { get; init; }

    /// <summary>Those that may end it.</summary>
    public IReadOnlyList<CanaryWindow> Counting => Progress.Pardoned is { } pardoned ? [.. Windows.Where(w => w.To > pardoned)] : Windows;

    public CanaryStep Step => Policy.Steps[Rollout.Step];

    public bool IsLastStep => Rollout.Step == Policy.Steps.Count - 1;

    /// <summary>Something goes to each release, or could.</summary>
    public bool IsMeasured => Progress.Weight > 0 || Progress.Mirror is not null || Policy.Ab is not null;

    /// <summary>The last verdict on the weight as it is now.</summary>
    public CanaryWindow? LastVerdict => Progress.Settled is { } settled && Windows is [.., var last] && last.From >= settled ? last : null;

    /// <summary>When the next verdict is due; null while the weight has not settled, or nothing goes to the new release.</summary>
    public DateTimeOffset? NextVerdict => !IsMeasured || Progress.Settled is not { } settled ? null
        : (Windows is [.., var last] && last.To > settled ? last.To : settled) + Policy.Judge.Every;

    /// <summary>When the step's time is over; null while it doesn't run, and of an experiment that only a person ends.</summary>
    public DateTimeOffset? End => Progress.Since is not { } since ? null
        : Policy.Ab is { } ab ? ab.Until ?? since + ab.For - Progress.Elapsed
        : since + Step.Lasts - Progress.Elapsed;

    public static CanaryRun? Of(StoredApp stored)
    {
        if (stored is not { Removing: false, Rollout: { Canary: { } progress } rollout, Target: { } target, LiveSlot: { } live }) return null;
        if (rollout.State is not (RolloutState.Shifting or RolloutState.Holding or RolloutState.Baking or RolloutState.Promoting) || live.Release.Number == target.Number) return null;
        if (stored.In(stored.TargetSlot) is not { Standing: Standing.Staged, Leaving: Leaving.No } next || next.Release.Number != target.Number) return null;
        return ReleaseStrategy.CanaryOf(target.Model) is not { } policy ? null : new CanaryRun
        {
            Rollout = rollout,
            Policy = policy,
            Progress = progress,
            Next = next,
            Live = live,
            Windows = stored.CanaryWindows,
            Samples = stored.CanarySamples,
        };
    }

    /// <summary>How old the gateways' counts may be: a report that others asked for is as good, and a fifteenth of the time between two verdicts is no matter.</summary>
    public TimeSpan CountsAge => Policy.Judge.Every / 15 is var age && age < TimeSpan.FromSeconds(1) ? age : TimeSpan.FromSeconds(1);

    /// <summary>Whether the gateways' counts are wanted now.</summary>
    public bool WantsReport(DateTimeOffset now) =>
        Rollout.State != RolloutState.Promoting && IsMeasured && (Progress.Settled is null || NextVerdict <= now || (Policy.Ab is not null && End <= now && !ExperimentSteps.IsCounted(this)));
}
