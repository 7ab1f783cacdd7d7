using System.Text.Json.Serialization;

namespace Slipway.Model;

/// <summary>
/// A Compose project, fully resolved: interpolated, merged, defaults applied, paths absolute, names of volumes as the engine has them.
/// What the Compose file says is written down here and nowhere else; nothing downstream reads YAML.
/// </summary>
public sealed record AppModel
{
    public required AppName Name { get; init; }

    /// <summary>In the order of the file.</summary>
    public required IReadOnlyList<ServiceModel> Services { get; init; }

    /// <summary>Every network that a service is attached to, the default one included.</summary>
    public IReadOnlyList<NetworkModel> Networks { get; init; } = [];

    public IReadOnlyList<VolumeModel> Volumes { get; init; } = [];

    /// <summary>What its previews may be; null: the defaults.</summary>
    public PreviewPolicy? Previews { get; init; }

    public ServiceModel? Find(string service) => Services.FirstOrDefault(s => s.Name == service);
}

/// <summary>One entry of <c>services</c>.</summary>
public sealed record ServiceModel
{
    public required string Name { get; init; }

    /// <summary>The image as written, or null where only <see cref="Build"/> says what to run.</summary>
    public string? Image { get; init; }

    public BuildModel? Build { get; init; }

    public required ContainerSpec Container { get; init; }

    public IReadOnlyList<DependencyModel> DependsOn { get; init; } = [];

    /// <summary>Container ports that are published on the host.</summary>
    public IReadOnlyList<PortModel> Ports { get; init; } = [];

    /// <summary>Container ports named by <c>expose</c>.</summary>
    public IReadOnlyList<int> Expose { get; init; } = [];

    public IReadOnlyList<NetworkAttachment> Networks { get; init; } = [];

    /// <summary>host, none, bridge, or null for the networks in <see cref="Networks"/>.</summary>
    public string? NetworkMode { get; init; }

    public int Replicas { get; init; } = 1;

    public required ReleasePolicy Release { get; init; }

    /// <summary>
    /// Holds state: has a volume or a writable bind mount. Such a service is never run twice at once; releases share its one workload,
    /// and a changed one is replaced only when its release is promoted.
    /// </summary>
    [JsonIgnore]
    public bool IsStateful => Container.Mounts.Any(m => !m.ReadOnly && m.Kind is MountKind.Volume or MountKind.Bind);
}

/// <summary>Compose Specification, build.md.</summary>
public sealed record BuildModel
{
    /// <summary>Absolute path of the context folder.</summary>
    public required string Context { get; init; }

    /// <summary>Path of the Dockerfile, relative to the context or absolute.</summary>
    public string Dockerfile { get; init; } = "Dockerfile";

    /// <summary>Content of <c>dockerfile_inline</c>, which replaces the file.</summary>
    public string? DockerfileInline { get; init; }

    public string? Target { get; init; }

    public IReadOnlyDictionary<string, string> Args { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> CacheFrom { get; init; } = [];

    public IReadOnlyList<string> ExtraHosts { get; init; } = [];

    public string? Network { get; init; }

    public string? Platform { get; init; }

    public bool NoCache { get; init; }

    public bool Pull { get; init; }

    /// <summary>Bytes of /dev/shm in the build's containers, or null for the engine's default.</summary>
    public long? ShmSize { get; init; }
}

public enum DependencyCondition
{
    Started,
    Healthy,
    CompletedSuccessfully,
}

/// <summary>Compose Specification, services.md, <c>depends_on</c>; also made from links, volumes_from and shared namespaces.</summary>
public sealed record DependencyModel
{
    public required string Service { get; init; }

    public DependencyCondition Condition { get; init; } = DependencyCondition.Started;

    /// <summary>False: a missing or failing dependency only warns.</summary>
    public bool Required { get; init; } = true;
}

/// <summary>A published port: one port of the container on one port of the host.</summary>
public sealed record PortModel
{
    /// <summary>The host address to bind, or null for all.</summary>
    public string? HostAddress { get; init; }

    /// <summary>The host's port, or null for one that the engine chooses.</summary>
    public int? Published { get; init; }

    public required int Target { get; init; }

    /// <summary>tcp, udp or sctp.</summary>
    public string Protocol { get; init; } = "tcp";

    public override string ToString() =>
        $"{(HostAddress is null ? "" : HostAddress + ":")}{Published?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "*"}:{Target}/{Protocol}";
}

public sealed record NetworkAttachment
{
    /// <summary>The network's key in the Compose file; "default" where none was written.</summary>
    public required string Network { get; init; }

    public IReadOnlyList<string> Aliases { get; init; } = [];

    public string? Ipv4Address { get; init; }

    public string? Ipv6Address { get; init; }
}

public sealed record NetworkModel
{
    /// <summary>The key in the Compose file.</summary>
    public required string Key { get; init; }

    /// <summary>The engine's name of an external network; other networks get theirs from app and slot.</summary>
    public string? Name { get; init; }

    /// <summary>Exists outside of Slipway: attached, never made or removed, and shared by both slots.</summary>
    public bool External { get; init; }

    public string? Driver { get; init; }

    public IReadOnlyDictionary<string, string> DriverOptions { get; init; } = new Dictionary<string, string>();

    public bool Internal { get; init; }

    public bool EnableIpv6 { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}

public sealed record VolumeModel
{
    /// <summary>The engine's name: APP_KEY unless the file gives a name (docker compose's convention, so that its data is found again).</summary>
    public required string Name { get; init; }

    /// <summary>Exists outside of Slipway: used, never made or removed.</summary>
    public bool External { get; init; }

    public string? Driver { get; init; }

    public IReadOnlyDictionary<string, string> DriverOptions { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}
