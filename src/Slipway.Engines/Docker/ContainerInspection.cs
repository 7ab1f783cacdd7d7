using System.Globalization;
using Slipway.Model;

namespace Slipway.Engines.Docker;

/// <summary>Engine API, ContainerInspect: what is used of it.</summary>
sealed record ContainerInspection
{
    public required string Id { get; init; }

    /// <summary>With a leading slash.</summary>
    public required string Name { get; init; }

    public DateTimeOffset Created { get; init; }

    public int RestartCount { get; init; }

    public required ContainerState State { get; init; }

    public required ContainerConfig Config { get; init; }

    public required InspectedHostConfig HostConfig { get; init; }

    public required InspectedNetworks NetworkSettings { get; init; }

    /// <summary>The instance that it is, or null where its labels are not Slipway's.</summary>
    public Instance? ToInstance()
    {
        var labels = Config.Labels;
        if (labels is null || !AppName.TryParse(labels.GetValueOrDefault(DockerLabels.App), out var app)
            || labels.GetValueOrDefault(DockerLabels.Service) is not { } service
            || labels.GetValueOrDefault(DockerLabels.Hash) is not { } hash
            || !int.TryParse(labels.GetValueOrDefault(DockerLabels.Release), NumberStyles.None, CultureInfo.InvariantCulture, out var release)
            || !int.TryParse(labels.GetValueOrDefault(DockerLabels.Index), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            return null;
        return new()
        {
            Id = Id,
            Name = Name.TrimStart('/'),
            App = app,
            Service = service,
            Release = release,
            Hash = hash,
            Index = index,
            Job = int.TryParse(labels.GetValueOrDefault(DockerLabels.Job), NumberStyles.None, CultureInfo.InvariantCulture, out var job) ? job : null,
            State = State.ToInstanceState(),
            Health = State.ToInstanceHealth(),
            Addresses = Addresses(),
            Image = Config.Image ?? "",
            Restarts = RestartCount,
            ExitCode = State.HasEnded ? State.ExitCode : null,
            OutOfMemory = State.OOMKilled,
            Error = State.Error is { Length: > 0 } error ? error : null,
            Created = Created,
            Started = State.Started,
            Finished = State.Finished,
        };
    }

    Dictionary<string, string> Addresses()
    {
        if (!State.Running) return [];
        if (HostConfig.NetworkMode == "host") return new Dictionary<string, string> { ["host"] = "127.0.0.1" };
        return (NetworkSettings.Networks ?? [])
            .Select(network => (network.Key, Address: network.Value.IPAddress is { Length: > 0 } v4 ? v4 : network.Value.GlobalIPv6Address))
            .Where(network => network.Address is { Length: > 0 })
            .ToDictionary(network => network.Key, network => network.Address!);
    }
}

sealed record ContainerState
{
    /// <summary>created, running, paused, restarting, removing, exited or dead.</summary>
    public required string Status { get; init; }

    public bool Running { get; init; }

    public bool OOMKilled { get; init; }

    public int ExitCode { get; init; }

    public string? Error { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public ContainerHealth? Health { get; init; }

    public DateTimeOffset? Started => Real(StartedAt);

    /// <summary>Never before the start: of what ends within a millisecond the engine may note the end first, by a fraction of that.</summary>
    public DateTimeOffset? Finished => Real(FinishedAt) is { } end && Real(StartedAt) is { } start && end < start && start - end < TimeSpan.FromSeconds(1) ? start : Real(FinishedAt);

    /// <summary>A failed start leaves the state "created", with an exit code and an error.</summary>
    public bool HasEnded => Status is "exited" or "dead" || (Status == "created" && Error is { Length: > 0 });

    public InstanceState ToInstanceState() => Status switch
    {
        "created" => InstanceState.Created,
        "running" => InstanceState.Running,
        "restarting" => InstanceState.Restarting,
        "paused" => InstanceState.Paused,
        "removing" => InstanceState.Removing,
        _ => InstanceState.Exited,
    };

    public InstanceHealth ToInstanceHealth() => Health?.Status switch
    {
        "starting" => InstanceHealth.Starting,
        "healthy" => InstanceHealth.Healthy,
        "unhealthy" => InstanceHealth.Unhealthy,
        _ => InstanceHealth.None,
    };

    /// <summary>The engine writes the year 1 for "never".</summary>
    static DateTimeOffset? Real(DateTimeOffset? time) => time is { Year: > 1 } ? time : null;
}

sealed record ContainerHealth
{
    public string? Status { get; init; }
}

sealed record ContainerConfig
{
    public string? Image { get; init; }

    public bool Tty { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}

sealed record InspectedHostConfig
{
    public string? NetworkMode { get; init; }
}

sealed record InspectedNetworks
{
    /// <summary>By the network's name.</summary>
    public Dictionary<string, InspectedEndpoint>? Networks { get; init; }
}

sealed record InspectedEndpoint
{
    public string? NetworkID { get; init; }

    public string? IPAddress { get; init; }

    public string? GlobalIPv6Address { get; init; }

    /// <summary>The ones asked for, and the container's short identifier.</summary>
    public IReadOnlyList<string>? Aliases { get; init; }
}

/// <summary>Engine API, ContainerList: an entry.</summary>
sealed record ContainerListed
{
    public required string Id { get; init; }

    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public long Created { get; init; }
}
