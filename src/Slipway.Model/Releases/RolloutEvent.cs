using System.Text.Json.Serialization;

namespace Slipway.Model;

[JsonConverter(typeof(JsonStringEnumConverter<BuildStepState>))]
public enum BuildStepState
{
    [JsonStringEnumMemberName("started")] Started,
    [JsonStringEnumMemberName("done")] Done,
    [JsonStringEnumMemberName("cached")] Cached,
    [JsonStringEnumMemberName("failed")] Failed,
}

/// <summary>One thing that happened in a rollout, for people to watch. Stored in order with the rollout; the reader's offset is its index.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(StateChanged), "state")]
[JsonDerivedType(typeof(Note), "note")]
[JsonDerivedType(typeof(BuildStep), "build-step")]
[JsonDerivedType(typeof(BuildOutput), "build-output")]
[JsonDerivedType(typeof(Pushed), "pushed")]
[JsonDerivedType(typeof(InstanceChanged), "instance")]
[JsonDerivedType(typeof(JobChanged), "job")]
[JsonDerivedType(typeof(JobOutput), "job-output")]
public abstract record RolloutEvent
{
    public required DateTimeOffset Time { get; init; }

    /// <summary>The rollout's state changed. The one with an ended state is the last event.</summary>
    public sealed record StateChanged : RolloutEvent
    {
        public required RolloutState State { get; init; }

        public int? Release { get; init; }

        public string? Message { get; init; }

        /// <summary>The account that brought it about, where a person did.</summary>
        public string? By { get; init; }
    }

    /// <summary>A sentence worth reading: which way a base image was found, what is carried over, what is waited for.</summary>
    public sealed record Note : RolloutEvent
    {
        public Severity? Severity { get; init; }

        public required string Text { get; init; }
    }

    /// <summary>A step of an image's build began or ended.</summary>
    public sealed record BuildStep : RolloutEvent
    {
        public required string Service { get; init; }

        /// <summary>Identifies the step within the rollout.</summary>
        public required string Step { get; init; }

        /// <summary>[2/4] RUN apt-get install ...</summary>
        public required string Name { get; init; }

        public required BuildStepState State { get; init; }

        public double? Seconds { get; init; }

        public string? Error { get; init; }
    }

    /// <summary>A line that a build step wrote.</summary>
    public sealed record BuildOutput : RolloutEvent
    {
        public required string Service { get; init; }

        public required string Step { get; init; }

        public required string Text { get; init; }
    }

    /// <summary>An image is in the registry.</summary>
    public sealed record Pushed : RolloutEvent
    {
        public required string Service { get; init; }

        /// <summary>Repository and digest.</summary>
        public required string Image { get; init; }
    }

    /// <summary>An instance was started, became ready, lost its routes, drained, was stopped, or died.</summary>
    public sealed record InstanceChanged : RolloutEvent
    {
        public required string Service { get; init; }

        public required string Instance { get; init; }

        /// <summary>starting, ready, draining, stopped, died, removed</summary>
        public required string State { get; init; }

        public string? Detail { get; init; }
    }

    /// <summary>A job of the release was started, told to stop, or ended.</summary>
    public sealed record JobChanged : RolloutEvent
    {
        public required string Service { get; init; }

        /// <summary>Among the jobs of the service, from 1.</summary>
        public required int Number { get; init; }

        /// <summary>Its command line.</summary>
        public required string Run { get; init; }

        /// <summary>running, stopping, done, failed, lost, cancelled</summary>
        public required string State { get; init; }

        public string? Detail { get; init; }

        public double? Seconds { get; init; }
    }

    /// <summary>A line that a job wrote. The time is the engine's.</summary>
    public sealed record JobOutput : RolloutEvent
    {
        public required string Service { get; init; }

        public required int Number { get; init; }

        public LogStream Stream { get; init; }

        public required string Text { get; init; }
    }
}
