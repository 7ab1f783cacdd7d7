using Slipway.Model;
using Slipway.Releases.Canary;
using Slipway.Releases.Experiments;

namespace Slipway.Releases.Storing;

/// <summary>Everything that is stored of one app, read in one snapshot: what is wanted, never what is.</summary>
sealed record StoredApp
{
    public required AppName App { get; init; }

    public int? Live { get; init; }

    /// <summary>The slot whose release's exclusive services run (those that never run twice).</summary>
    public Slot? Holder { get; init; }

    public IReadOnlyDictionary<string, int> Scales { get; init; } = NoScales;

    public bool Removing { get; init; }

    public bool RemoveVolumes { get; init; }

    public long Revision { get; init; }

    public long RouteVersion { get; init; }

    public IReadOnlyList<SlotState> Slots { get; init; } = [];

    /// <summary>The rollout that has not ended.</summary>
    public Rollout? Rollout { get; init; }

    /// <summary><see cref="Rollout"/> as it is stored: who reads the app again knows by it whether that changed.</summary>
    public string? RolloutRecord { get; init; }

    /// <summary>The release that <see cref="Rollout"/> brings in, once it exists.</summary>
    public Release? Target { get; init; }

    /// <summary>How the app's releases ran their jobs, oldest release first.</summary>
    public IReadOnlyList<JobRun> Jobs { get; init; } = [];

    /// <summary>When each instance began to drain.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Drains { get; init; } = new Dictionary<string, DateTimeOffset>();

    /// <summary>Of those the ones that are told to stop. The engine does not tell them from others as long as they run.</summary>
    public IReadOnlySet<string> Stopping { get; init; } = new HashSet<string>();

    /// <summary>This app's part of the stored route table.</summary>
    public IReadOnlyList<Route> Routes { get; init; } = [];

    /// <summary>Not null: it is a preview, which ends by itself.</summary>
    public StoredPreview? Preview { get; init; }

    /// <summary>Not null: every request is answered with it.</summary>
    public Maintenance? Maintenance { get; init; }

    /// <summary>The app's freeze and the platform's, in force or over by now.</summary>
    public IReadOnlyList<Freeze> Freezes { get; init; } = [];

    /// <summary>Whose approvals every release of the app asks for, whatever its file says.</summary>
    public ApprovalRule? Approvals { get; init; }

    /// <summary>Signs the cookies of the app's users, 32 bytes as Base64; null until its first canary.</summary>
    public string? SplitKey { get; init; }

    /// <summary>The newest verdicts on <see cref="Rollout"/>, oldest first; none unless it is a canary.</summary>
    public IReadOnlyList<CanaryWindow> CanaryWindows { get; init; } = [];

    /// <summary>What the gateways had counted at each of them, for as long as a window reaches back.</summary>
    public IReadOnlyList<TrafficSample> CanarySamples { get; init; } = [];

    /// <summary>What <see cref="Rollout"/> has shown so far, of an experiment that has begun.</summary>
    public Tally? Tally { get; init; }

    public SlotState? LiveSlot => Live is null ? null : Slots.FirstOrDefault(s => s.Release.Number == Live && s.Standing == Standing.Live);

    /// <summary>The freeze that is in force, which the rollout that goes on does not disregard.</summary>
    public Freeze? FrozenBy(DateTimeOffset now) => Rollout is { DespiteFreeze: true } ? null : Freezes.FirstOrDefault(f => f.IsInForce(now));

    /// <summary>Where the rollout's release goes: beside what is live.</summary>
    public Slot TargetSlot => LiveSlot?.Slot.Other ?? Slot.Blue;

    public static IReadOnlyDictionary<string, int> NoScales { get; } = new Dictionary<string, int>();

    /// <summary>A release that was read with it. Releases never change, and their numbers are never used twice.</summary>
    public Release? Known(int number) => Target?.Number == number ? Target : Slots.FirstOrDefault(s => s.Release.Number == number)?.Release;

    public SlotState? In(Slot slot) => Slots.FirstOrDefault(s => s.Slot == slot);
}

/// <summary>The release that occupies a slot.</summary>
sealed record SlotState
{
    public required Slot Slot { get; init; }

    public required Release Release { get; init; }

    public required Standing Standing { get; init; }

    public required DateTimeOffset Since { get; init; }

    public Leaving Leaving { get; init; }

    /// <summary>For each service the release that brought its workload in.</summary>
    public required IReadOnlyDictionary<string, int> Origins { get; init; }
}

/// <summary>How far the clearing of a slot is.</summary>
enum Leaving
{
    /// <summary>It isn't being cleared.</summary>
    No,

    /// <summary>The instances that are only this slot's are drained, stopped and removed.</summary>
    Draining,

    /// <summary>Instances that the other slot shares are detached from this slot's networks.</summary>
    Detaching,
}
