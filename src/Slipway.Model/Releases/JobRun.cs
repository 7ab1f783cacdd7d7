using System.Text.Json.Serialization;

namespace Slipway.Model;

[JsonConverter(typeof(JsonStringEnumConverter<JobState>))]
public enum JobState
{
    /// <summary>It is to run; its container is being made, and nothing has been started.</summary>
    [JsonStringEnumMemberName("planned")] Planned,

    /// <summary>It was started, or is about to be.</summary>
    [JsonStringEnumMemberName("running")] Running,

    /// <summary>It is told to stop, and <see cref="JobRun.Stop"/> says why.</summary>
    [JsonStringEnumMemberName("stopping")] Stopping,

    /// <summary>It ended, and <see cref="JobRun.ExitCode"/> says how.</summary>
    [JsonStringEnumMemberName("ended")] Ended,

    /// <summary>It was started, and its container went away without a known end: nobody knows how far it came.</summary>
    [JsonStringEnumMemberName("lost")] Lost,

    /// <summary>It was never started.</summary>
    [JsonStringEnumMemberName("cancelled")] Cancelled,
}

[JsonConverter(typeof(JsonStringEnumConverter<JobStop>))]
public enum JobStop
{
    [JsonStringEnumMemberName("timeout")] Timeout,

    /// <summary>Its rollout ended while it ran.</summary>
    [JsonStringEnumMemberName("aborted")] Aborted,
}

/// <summary>How a release ran one of its jobs. Stored before anything of it takes effect.</summary>
public sealed record JobRun
{
    public required int Release { get; init; }

    public required string Service { get; init; }

    /// <summary>Among the jobs of the service, from 1.</summary>
    public required int Number { get; init; }

    public required long Rollout { get; init; }

    public required JobModel Job { get; init; }

    public required JobState State { get; init; }

    public JobStop? Stop { get; init; }

    public DateTimeOffset? Started { get; init; }

    public DateTimeOffset? Ended { get; init; }

    public int? ExitCode { get; init; }

    public bool OutOfMemory { get; init; }

    [JsonIgnore]
    public bool HasEnded => State is JobState.Ended or JobState.Lost or JobState.Cancelled;

    /// <summary>It did what it was to do.</summary>
    [JsonIgnore]
    public bool IsDone => State == JobState.Ended && ExitCode == 0 && Stop is null;

    /// <summary>A one-way step that was taken, or may have been: what ran before it may not get along with what it left.</summary>
    [JsonIgnore]
    public bool IsBarrier => Job.OneWay && (State == JobState.Lost || (State == JobState.Ended && ExitCode == 0));
}

/// <summary>A rollout that failed, and isn't taken back by itself because its release took a one-way step and has had requests.</summary>
/// <param name="Reason">Why it failed, and which step was taken: whole sentences.</param>
public sealed record OneWayHold(string Reason, DateTimeOffset Since);
