using System.Text.Json.Serialization;

namespace Slipway.Model;

/// <summary>
/// One version of an app: image digests, the resolved Compose model and the versions of its secrets and configs.
/// Immutable and numbered for each app from 1; a rollback restores all of it.
/// </summary>
public sealed record Release
{
    public required AppName App { get; init; }

    public required int Number { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>The resolved model; every routed service has its port.</summary>
    public required AppModel Model { get; init; }

    /// <summary>For each service the image in our registry or elsewhere, with its digest: guestbook/web@sha256:... without a registry is ours.</summary>
    public required IReadOnlyDictionary<string, string> Images { get; init; }

    public required Slot Slot { get; init; }

    /// <summary>What the person who deployed said of it, or the git revision.</summary>
    public string? Note { get; init; }
}

/// <summary>What a release is to its app at this moment.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Standing>))]
public enum Standing
{
    /// <summary>Runs at weight 0, seen only at its preview host.</summary>
    [JsonStringEnumMemberName("staged")] Staged,

    /// <summary>Gets the traffic.</summary>
    [JsonStringEnumMemberName("live")] Live,

    /// <summary>Was live, runs on without traffic: a rollback to it is a route change only.</summary>
    [JsonStringEnumMemberName("warm")] Warm,

    /// <summary>Does not run; its images and model are kept.</summary>
    [JsonStringEnumMemberName("cold")] Cold,
}

[JsonConverter(typeof(JsonStringEnumConverter<RolloutKind>))]
public enum RolloutKind
{
    [JsonStringEnumMemberName("deploy")] Deploy,
    [JsonStringEnumMemberName("rollback")] Rollback,
}

[JsonConverter(typeof(JsonStringEnumConverter<RolloutState>))]
public enum RolloutState
{
    [JsonStringEnumMemberName("queued")] Queued,

    /// <summary>Images are built and pushed.</summary>
    [JsonStringEnumMemberName("building")] Building,

    /// <summary>The new release's workloads are brought up at weight 0.</summary>
    [JsonStringEnumMemberName("staging")] Staging,

    /// <summary>Instances run; the readiness gate is being passed.</summary>
    [JsonStringEnumMemberName("verifying")] Verifying,

    /// <summary>Waiting for a person: ready and unseen (blue-green), or in the middle of a canary, whose <see cref="CanaryProgress.Hold"/> says why.</summary>
    [JsonStringEnumMemberName("holding")] Holding,

    /// <summary>Instance by instance (rolling), or weight by weight (canary).</summary>
    [JsonStringEnumMemberName("shifting")] Shifting,

    /// <summary>All requests go to the new release; the old one is still at full capacity (canary).</summary>
    [JsonStringEnumMemberName("baking")] Baking,

    /// <summary>Routes are being switched and acknowledged.</summary>
    [JsonStringEnumMemberName("promoting")] Promoting,

    /// <summary>The old release drains; what is not kept warm is stopped.</summary>
    [JsonStringEnumMemberName("retaining")] Retaining,

    [JsonStringEnumMemberName("done")] Done,

    /// <summary>Something failed, or an abort was asked for: what was live is being restored.</summary>
    [JsonStringEnumMemberName("rolling-back")] RollingBack,

    /// <summary>Ended with the version that was live before still live.</summary>
    [JsonStringEnumMemberName("rolled-back")] RolledBack,

    /// <summary>A newer deploy took its place before it was promoted.</summary>
    [JsonStringEnumMemberName("superseded")] Superseded,

    /// <summary>Ended by a person before there was anything to roll back.</summary>
    [JsonStringEnumMemberName("cancelled")] Cancelled,

    /// <summary>Failed before there was anything to roll back: a build that does not build, a first release that never becomes ready.</summary>
    [JsonStringEnumMemberName("failed")] Failed,
}

public static class RolloutStateExtensions
{
    extension(RolloutState state)
    {
        /// <summary>Nothing will happen any more.</summary>
        public bool IsEnded => state is RolloutState.Done or RolloutState.RolledBack or RolloutState.Superseded
            or RolloutState.Cancelled or RolloutState.Failed;
    }
}

/// <summary>The move from one release to the next.</summary>
public sealed record Rollout
{
    /// <summary>Numbered over all apps from 1.</summary>
    public required long Id { get; init; }

    public required AppName App { get; init; }

    public required RolloutKind Kind { get; init; }

    public required RolloutState State { get; init; }

    /// <summary>The release that it brings in; null until the build is done.</summary>
    public int? Release { get; init; }

    /// <summary>The release that was live when it began; null for an app's first.</summary>
    public int? From { get; init; }

    /// <summary>What it was made from; null for a rollback.</summary>
    public DeploySource? Source { get; init; }

    /// <summary>Promote as soon as it is ready, without waiting for a person.</summary>
    public bool AutoPromote { get; init; }

    /// <summary>Instances shifted so far (rolling), or the index of the step that it is at, from 0 (canary).</summary>
    public int Step { get; init; }

    /// <summary>How far a canary is; null before its first step, and for other strategies.</summary>
    public CanaryProgress? Canary { get; init; }

    /// <summary>The approvals before its first request; null: it has not come so far, or none are asked for.</summary>
    public ReleaseGate? Gate { get; init; }

    /// <summary>Not null: it failed, and a person is to decide (<see cref="RolloutState.Holding"/>).</summary>
    public OneWayHold? OneWay { get; init; }

    /// <summary>The account that asked for it; null where it was made before that was kept.</summary>
    public string? By { get; init; }

    /// <summary>It goes on though the app is frozen: an administrator said so.</summary>
    public bool DespiteFreeze { get; init; }

    /// <summary>It does not wait for the approvals that its steps ask for: an administrator said so.</summary>
    public bool DespiteApprovals { get; init; }

    /// <summary>Every state that it was in, the present one last.</summary>
    public IReadOnlyList<RolloutStateRecord> History { get; init; } = [];

    /// <summary>Why it did not end in <see cref="RolloutState.Done"/>; whole sentences, with the last log lines where there are any.</summary>
    public string? Error { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Changed { get; init; }
}

/// <summary>What a deploy is made from: a folder on the server's machine.</summary>
public sealed record DeploySource
{
    /// <summary>Absolute path.</summary>
    public required string Directory { get; init; }

    /// <summary>Compose files, absolute or relative to the folder, merged in this order; empty: compose.yaml, compose.yml, docker-compose.yaml or docker-compose.yml, with its override.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>The variables of the person's shell that the files refer to. They win over <c>.env</c>.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> Profiles { get; init; } = [];

    public bool NoCache { get; init; }

    public string? Note { get; init; }

    /// <summary>Not null: of a preview.</summary>
    public PreviewSource? Preview { get; init; }
}
