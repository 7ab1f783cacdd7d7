using System.Text.Json.Serialization;

namespace Slipway.Model;

/// <summary>
/// How to run one container of a service: everything of the Compose Specification's services.md that the engine itself carries out.
/// It names no network, image or port; those depend on the release and its slot.
/// </summary>
public sealed record ContainerSpec
{
    /// <summary>Replaces the image's CMD; null keeps it, empty clears it.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>Replaces the image's ENTRYPOINT; null keeps it, empty clears it.</summary>
    public IReadOnlyList<string>? Entrypoint { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The person's labels; Slipway's own are added by the engine's driver.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    public IReadOnlyList<MountModel> Mounts { get; init; } = [];

    /// <summary>Secrets and configs, mounted read-only.</summary>
    public IReadOnlyList<FileGrant> Files { get; init; } = [];

    public HealthCheckModel? HealthCheck { get; init; }

    public RestartModel Restart { get; init; } = new();

    public ResourcesModel Resources { get; init; } = new();

    public string? User { get; init; }

    public string? WorkingDirectory { get; init; }

    public string? Hostname { get; init; }

    public string? DomainName { get; init; }

    public bool? Init { get; init; }

    public bool Tty { get; init; }

    public bool StdinOpen { get; init; }

    public bool ReadOnly { get; init; }

    public bool Privileged { get; init; }

    public string? StopSignal { get; init; }

    /// <summary>Between the stop signal and SIGKILL; null means 10 seconds.</summary>
    public TimeSpan? StopGracePeriod { get; init; }

    public IReadOnlyList<string> CapAdd { get; init; } = [];

    public IReadOnlyList<string> CapDrop { get; init; } = [];

    public IReadOnlyList<string> GroupAdd { get; init; } = [];

    public IReadOnlyList<string> SecurityOptions { get; init; } = [];

    public IReadOnlyList<string> Dns { get; init; } = [];

    public IReadOnlyList<string> DnsSearch { get; init; } = [];

    public IReadOnlyList<string> DnsOptions { get; init; } = [];

    /// <summary>name:address</summary>
    public IReadOnlyList<string> ExtraHosts { get; init; } = [];

    /// <summary>host[:container[:permissions]]</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    public IReadOnlyDictionary<string, string> Sysctls { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, UlimitModel> Ulimits { get; init; } = new Dictionary<string, UlimitModel>();

    /// <summary>Bytes of /dev/shm, or null for the engine's default.</summary>
    public long? ShmSize { get; init; }

    public string? Ipc { get; init; }

    public string? Pid { get; init; }

    public string? CgroupParent { get; init; }

    public string? Runtime { get; init; }

    public string? Platform { get; init; }

    /// <summary>The engine's logging driver, or null for its default.</summary>
    public string? LogDriver { get; init; }

    public IReadOnlyDictionary<string, string> LogOptions { get; init; } = new Dictionary<string, string>();
}

public enum MountKind
{
    Volume,
    Bind,
    Tmpfs,
}

public sealed record MountModel
{
    public required MountKind Kind { get; init; }

    /// <summary>The engine's volume name, or the absolute path on the host; null for tmpfs and anonymous volumes.</summary>
    public string? Source { get; init; }

    /// <summary>Absolute path in the container.</summary>
    public required string Target { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>Bind: make the host's folder where there is none (the short form does).</summary>
    public bool CreateHostPath { get; init; }

    /// <summary>Bind: rprivate, rshared ...; null for the engine's default.</summary>
    public string? Propagation { get; init; }

    /// <summary>Volume: do not copy what the image has at the target into a new volume.</summary>
    public bool NoCopy { get; init; }

    /// <summary>Tmpfs: bytes, or null for no limit.</summary>
    public long? TmpfsSize { get; init; }

    /// <summary>Tmpfs: mode bits, or null for 01777.</summary>
    public int? TmpfsMode { get; init; }
}

/// <summary>A secret or config as one file in the container.</summary>
public sealed record FileGrant
{
    /// <summary>The key under <c>secrets</c> or <c>configs</c>.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Absolute path of the content on the server. The Compose reader names the person's file here; a release names its own
    /// content-addressed copy, so that a rollback restores it.
    /// </summary>
    public string? Source { get; init; }

    /// <summary>The content, where the Compose file gives it itself (<c>content</c>, <c>environment</c>).</summary>
    public string? Content { get; init; }

    /// <summary>Absolute path in the container.</summary>
    public required string Target { get; init; }

    public bool IsSecret { get; init; }

    public int? Mode { get; init; }
}

/// <summary>Compose Specification, services.md, <c>healthcheck</c>.</summary>
public sealed record HealthCheckModel
{
    /// <summary>NONE, or CMD and its words, or CMD-SHELL and one line; empty keeps the image's test.</summary>
    public IReadOnlyList<string> Test { get; init; } = [];

    public TimeSpan? Interval { get; init; }

    public TimeSpan? Timeout { get; init; }

    public TimeSpan? StartPeriod { get; init; }

    public TimeSpan? StartInterval { get; init; }

    public int? Retries { get; init; }

    [JsonIgnore]
    public bool IsDisabled => Test is ["NONE"];
}

public enum RestartKind
{
    No,
    OnFailure,
    Always,
    UnlessStopped,
}

public sealed record RestartModel
{
    /// <summary>Null: the file says nothing, and Slipway's default holds (a service that ends by itself with 0 is done, any other is started again).</summary>
    public RestartKind? Kind { get; init; }

    public int? MaxRetries { get; init; }
}

public sealed record ResourcesModel
{
    /// <summary>CPUs, 0.5 is half of one; null is no limit.</summary>
    public double? CpuLimit { get; init; }

    /// <summary>Bytes; null is no limit.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Bytes; null is none.</summary>
    public long? MemoryReservation { get; init; }

    /// <summary>Bytes of memory and swap together, -1 is no limit; null is the engine's default.</summary>
    public long? MemorySwapLimit { get; init; }

    public int? CpuShares { get; init; }

    public string? CpuSet { get; init; }

    public int? PidsLimit { get; init; }

    public int? OomScoreAdjust { get; init; }
}

public sealed record UlimitModel(long Soft, long Hard);
