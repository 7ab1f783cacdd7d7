using System.Text.Json.Serialization;

namespace Slipway.Model;

/// <summary>
/// What an engine is asked to run: one service of one release. Two releases whose service is the same share one workload
/// (same <see cref="Hash"/>), attached to the networks of both slots.
/// </summary>
public sealed record Workload
{
    public required AppName App { get; init; }

    public required string Service { get; init; }

    /// <summary>The number of the release that brought this workload in.</summary>
    public required int Release { get; init; }

    /// <summary>16 hexadecimal digits over image and container: equal means nothing to restart.</summary>
    public required string Hash { get; init; }

    /// <summary>What the engine runs, with a digest: 127.0.0.1:8080/guestbook/web@sha256:...</summary>
    public required string Image { get; init; }

    public required ContainerSpec Container { get; init; }

    /// <summary>Instances wanted, 0 or more, with the indexes 1 to this.</summary>
    public required int Replicas { get; init; }

    /// <summary>Not null: a job of the service, with this number among them; its one instance runs once (<c>IEngine.Make</c>).</summary>
    public int? Job { get; init; }

    /// <summary>Not null: nothing for an engine. Files of the image that are kept on disk, and served by the gateways.</summary>
    public StaticFiles? Static { get; init; }

    public IReadOnlyList<WorkloadNetwork> Networks { get; init; } = [];

    /// <summary>host, none or bridge in place of <see cref="Networks"/>.</summary>
    public string? NetworkMode { get; init; }

    /// <summary>The volumes that its mounts name.</summary>
    public IReadOnlyList<VolumeModel> Volumes { get; init; } = [];

    /// <summary>Ports that the engine publishes on the host itself. Ports that go through the gateway are not among them.</summary>
    public IReadOnlyList<PortModel> Ports { get; init; } = [];
}

public sealed record WorkloadNetwork
{
    /// <summary>The engine's name: slipway.APP.SLOT.KEY, or that of an external network.</summary>
    public required string Name { get; init; }

    /// <summary>Names by which the other instances in this network find this one.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>How to make it where it does not exist; of an external one only the name counts.</summary>
    public required NetworkModel Definition { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<InstanceState>))]
public enum InstanceState
{
    [JsonStringEnumMemberName("created")] Created,
    [JsonStringEnumMemberName("running")] Running,
    [JsonStringEnumMemberName("restarting")] Restarting,
    [JsonStringEnumMemberName("paused")] Paused,
    [JsonStringEnumMemberName("exited")] Exited,
    [JsonStringEnumMemberName("removing")] Removing,
}

[JsonConverter(typeof(JsonStringEnumConverter<InstanceHealth>))]
public enum InstanceHealth
{
    /// <summary>Neither image nor service has a health check.</summary>
    [JsonStringEnumMemberName("none")] None,
    [JsonStringEnumMemberName("starting")] Starting,
    [JsonStringEnumMemberName("healthy")] Healthy,
    [JsonStringEnumMemberName("unhealthy")] Unhealthy,
}

/// <summary>One running (or ended) container, as the engine reports it. A snapshot.</summary>
public sealed record Instance
{
    /// <summary>The engine's identifier.</summary>
    public required string Id { get; init; }

    /// <summary>guestbook.web.v2.1: app, service, release that brought the workload in, index; of a job guestbook.web.v2.before-1.</summary>
    public required string Name { get; init; }

    public required AppName App { get; init; }

    public required string Service { get; init; }

    public required int Release { get; init; }

    /// <summary>The workload's hash.</summary>
    public required string Hash { get; init; }

    /// <summary>1 to the workload's replicas.</summary>
    public required int Index { get; init; }

    /// <summary>Not null: a job of the service; see <see cref="Workload.Job"/>.</summary>
    public int? Job { get; init; }

    /// <summary>Not null: no container, but files that were taken out of the image; where, below <see cref="SitePack.Folder"/>.</summary>
    public string? Site { get; init; }

    public required InstanceState State { get; init; }

    public InstanceHealth Health { get; init; }

    /// <summary>IP addresses by the engine's network name; empty unless running. "host" maps to 127.0.0.1 for host networking.</summary>
    public IReadOnlyDictionary<string, string> Addresses { get; init; } = new Dictionary<string, string>();

    public string Node { get; init; } = "";

    public string Image { get; init; } = "";

    /// <summary>Restarts by the engine itself since creation.</summary>
    public int Restarts { get; init; }

    public int? ExitCode { get; init; }

    public bool OutOfMemory { get; init; }

    /// <summary>What the engine says of a failed start.</summary>
    public string? Error { get; init; }

    public DateTimeOffset Created { get; init; }

    public DateTimeOffset? Started { get; init; }

    public DateTimeOffset? Finished { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<LogStream>))]
public enum LogStream
{
    [JsonStringEnumMemberName("stdout")] Out,
    [JsonStringEnumMemberName("stderr")] Error,
}

/// <summary>One line that an instance wrote, without its line end.</summary>
public sealed record LogLine
{
    public required DateTimeOffset Time { get; init; }

    public required string Service { get; init; }

    /// <summary>Name of the instance.</summary>
    public required string Instance { get; init; }

    public required LogStream Stream { get; init; }

    public required string Text { get; init; }
}
