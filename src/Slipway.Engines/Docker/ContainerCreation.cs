namespace Slipway.Engines.Docker;

/// <summary>Body of ContainerCreate (Engine API v1.41). What is null is left to the image or the engine.</summary>
sealed record ContainerCreation
{
    public required string Image { get; init; }

    public IReadOnlyList<string>? Cmd { get; init; }

    public IReadOnlyList<string>? Entrypoint { get; init; }

    public IReadOnlyList<string>? Env { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public string? User { get; init; }

    public string? WorkingDir { get; init; }

    public string? Hostname { get; init; }

    public string? Domainname { get; init; }

    public bool Tty { get; init; }

    public bool OpenStdin { get; init; }

    public string? StopSignal { get; init; }

    /// <summary>Seconds.</summary>
    public int? StopTimeout { get; init; }

    public ContainerHealthcheck? Healthcheck { get; init; }

    /// <summary>"80/tcp" to an empty object.</summary>
    public IReadOnlyDictionary<string, NoSettings>? ExposedPorts { get; init; }

    public required HostConfig HostConfig { get; init; }

    public NetworkingConfig? NetworkingConfig { get; init; }
}

sealed record NoSettings;

/// <summary>Durations in nanoseconds; null or 0 is the image's or the engine's.</summary>
sealed record ContainerHealthcheck
{
    public IReadOnlyList<string>? Test { get; init; }

    public long? Interval { get; init; }

    public long? Timeout { get; init; }

    public long? StartPeriod { get; init; }

    /// <summary>From API 1.44 on.</summary>
    public long? StartInterval { get; init; }

    public int? Retries { get; init; }
}

sealed record HostConfig
{
    public string? NetworkMode { get; init; }

    public IReadOnlyList<string>? Binds { get; init; }

    public IReadOnlyList<MountConfig>? Mounts { get; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<PortBinding>>? PortBindings { get; init; }

    public required RestartPolicy RestartPolicy { get; init; }

    public long? NanoCpus { get; init; }

    public long? Memory { get; init; }

    public long? MemoryReservation { get; init; }

    public long? MemorySwap { get; init; }

    public int? CpuShares { get; init; }

    public string? CpusetCpus { get; init; }

    public int? PidsLimit { get; init; }

    public int? OomScoreAdj { get; init; }

    public bool? Init { get; init; }

    public bool ReadonlyRootfs { get; init; }

    public bool Privileged { get; init; }

    public IReadOnlyList<string>? CapAdd { get; init; }

    public IReadOnlyList<string>? CapDrop { get; init; }

    public IReadOnlyList<string>? GroupAdd { get; init; }

    public IReadOnlyList<string>? SecurityOpt { get; init; }

    public IReadOnlyList<string>? Dns { get; init; }

    public IReadOnlyList<string>? DnsSearch { get; init; }

    public IReadOnlyList<string>? DnsOptions { get; init; }

    public IReadOnlyList<string>? ExtraHosts { get; init; }

    public IReadOnlyList<DeviceMapping>? Devices { get; init; }

    public IReadOnlyDictionary<string, string>? Sysctls { get; init; }

    public IReadOnlyList<UlimitConfig>? Ulimits { get; init; }

    public long? ShmSize { get; init; }

    public string? IpcMode { get; init; }

    public string? PidMode { get; init; }

    public string? CgroupParent { get; init; }

    public string? Runtime { get; init; }

    public LogConfig? LogConfig { get; init; }
}

sealed record MountConfig
{
    /// <summary>volume, bind or tmpfs.</summary>
    public required string Type { get; init; }

    public string? Source { get; init; }

    public required string Target { get; init; }

    public bool ReadOnly { get; init; }

    public BindOptions? BindOptions { get; init; }

    public VolumeOptions? VolumeOptions { get; init; }

    public TmpfsOptions? TmpfsOptions { get; init; }
}

sealed record BindOptions(string? Propagation);

sealed record VolumeOptions(bool NoCopy);

sealed record TmpfsOptions(long? SizeBytes, int? Mode);

sealed record PortBinding(string HostIp, string HostPort);

sealed record RestartPolicy(string Name, int? MaximumRetryCount);

sealed record DeviceMapping(string PathOnHost, string PathInContainer, string CgroupPermissions);

sealed record UlimitConfig(string Name, long Soft, long Hard);

sealed record LogConfig(string? Type, IReadOnlyDictionary<string, string>? Config);

sealed record NetworkingConfig
{
    /// <summary>By the network's identifier.</summary>
    public required IReadOnlyDictionary<string, EndpointConfig> EndpointsConfig { get; init; }
}

sealed record EndpointConfig
{
    public IReadOnlyList<string>? Aliases { get; init; }
}

sealed record ContainerCreated
{
    public required string Id { get; init; }
}
