using Slipway.Model;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Reconciling;

/// <summary>
/// How many instances each side of a rolling rollout has. At step k the new release has k + 1 of each service and the old one k fewer than all:
/// one more is ready before one less is left, so that the capacity never falls.
/// </summary>
readonly record struct Shift
{
    Slot New { get; init; }

    int Step { get; init; }

    bool OldShrinks { get; init; }

    bool IsOn { get; init; }

    int Last { get; init; }

    public static Shift Of(StoredApp stored)
    {
        if (stored.Rollout is not { } rollout || stored.Target is not { } target || stored.LiveSlot is not { } live) return default;
        if (live.Release.Number == target.Number || ReleaseStrategy.Of(target.Model) != Strategy.Rolling) return default;
        if (stored.In(stored.TargetSlot) is not { Standing: Standing.Staged }) return default;
        return new Shift { IsOn = true, New = stored.TargetSlot, Step = rollout.Step, OldShrinks = IsUnderWay(rollout), Last = LastStep(stored) };
    }

    /// <summary>Instances of both releases serve; also while it holds after a failure, when nothing moves.</summary>
    public static bool IsUnderWay(Rollout rollout) => rollout.State == RolloutState.Shifting || rollout is { State: RolloutState.Holding, OneWay: not null, Canary: null };

    public int Replicas(Slot slot, int all) =>
        !IsOn ? all
        : slot == New ? Math.Min(all, Step + 1)
        : OldShrinks ? Math.Max(0, all - Step)
        : all;

    /// <summary>
    /// Whether files of the slot are served no more. They go over whole, with the last of the old instances: pages and the files that they ask for are of one
    /// version, and there is no capacity that could fall.
    /// </summary>
    public bool HasLeft(Slot slot) => IsOn && OldShrinks && slot != New && Step >= Last;

    /// <summary>The step at which nothing of the old release is left and all of the new one is there.</summary>
    public static int LastStep(StoredApp stored) => stored.Slots
        .SelectMany(s => s.Release.Model.Services)
        .Select(s => stored.Scales.TryGetValue(s.Name, out var scaled) ? scaled : s.Replicas)
        .Append(1).Max();
}

/// <summary>The strategy of an app as a whole: its services switch as one group.</summary>
static class ReleaseStrategy
{
    /// <summary>
    /// Ab, canary or blue-green where any routed service says so; else rolling. Services to be recreated are replaced in the course of any of them.
    /// </summary>
    public static Strategy Of(AppModel model) =>
        CanaryOf(model) is { } shared ? shared.Ab is null ? Strategy.Canary : Strategy.Ab
        : model.Services.Any(s => s.Release.IsRouted && s.Release.Strategy == Strategy.BlueGreen) ? Strategy.BlueGreen : Strategy.Rolling;

    /// <summary>The one policy of all services of the app that share their requests; null where there are none.</summary>
    public static CanaryPolicy? CanaryOf(AppModel model) => model.Services.Select(s => s.Release).FirstOrDefault(r => r is { IsRouted: true, Canary: not null })?.Canary;

    /// <summary>Whose requests see the new release before it is live; the same of all services that say so. Null: nobody's.</summary>
    public static IReadOnlyList<RequestMatch>? MatchOf(AppModel model) => model.Services.Select(s => s.Release).FirstOrDefault(r => r is { IsRouted: true, Match: not null })?.Match;

    public static TimeSpan Warm(AppModel model) =>
        model.Services.Where(s => s.Release.IsRouted).Select(s => s.Release.Keep.Warm).DefaultIfEmpty(TimeSpan.Zero).Max();

    public static int Kept(AppModel model) => model.Services.Select(s => s.Release.Keep.Releases).DefaultIfEmpty(1).Max();
}
