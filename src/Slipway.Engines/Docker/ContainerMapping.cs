using System.Globalization;
using Slipway.Model;

namespace Slipway.Engines.Docker;

/// <summary>From a workload to the engine's words for one of its containers.</summary>
static class ContainerMapping
{
    /// <summary>The first API version that knows a health check's start interval.</summary>
    static readonly Version WithStartInterval = new(1, 44);

    /// <param name="network">Identifier of the network that it is made in, or null for the workload's network mode. The others are connected after.</param>
    /// <param name="imageEntrypoint">The image's ENTRYPOINT, needed where only its CMD is to be cleared.</param>
    public static ContainerCreation Create(Workload workload, int index, string? network, IReadOnlyList<string>? imageEntrypoint, Version api)
    {
        var spec = workload.Container;
        return new()
        {
            Image = workload.Image,
            Entrypoint = Entrypoint(spec, imageEntrypoint),
            Cmd = spec.Command,
            Env = Some(spec.Environment.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")),
            Labels = DockerLabels.OfInstance(workload, index),
            User = spec.User,
            WorkingDir = spec.WorkingDirectory,
            Hostname = spec.Hostname,
            Domainname = spec.DomainName,
            Tty = spec.Tty,
            OpenStdin = spec.StdinOpen,
            StopSignal = spec.StopSignal,
            StopTimeout = spec.StopGracePeriod is { } grace ? (int)Math.Ceiling(grace.TotalSeconds) : null,
            Healthcheck = spec.HealthCheck is { } check ? Healthcheck(check, api) : null,
            ExposedPorts = workload.Ports.Count == 0 ? null : workload.Ports.Select(PortKey).Distinct().ToDictionary(port => port, _ => new NoSettings()),
            HostConfig = Host(workload, network),
            NetworkingConfig = network is null ? null : new()
            {
                EndpointsConfig = new Dictionary<string, EndpointConfig> { [network] = new() { Aliases = Some(workload.Networks[0].Aliases) } },
            },
        };
    }

    static HostConfig Host(Workload workload, string? network)
    {
        var spec = workload.Container;
        var limits = spec.Resources;
        return new()
        {
            NetworkMode = network ?? workload.NetworkMode,
            Binds = Some(spec.Mounts.Where(IsLegacyBind).Select(LegacyBind)),
            Mounts = Some(spec.Mounts.Where(mount => !IsLegacyBind(mount)).Select(Mount).Concat(spec.Files.Select(file => Grant(file)))),
            PortBindings = workload.Ports.Count == 0 ? null : workload.Ports.GroupBy(PortKey).ToDictionary(
                group => group.Key,
                IReadOnlyList<PortBinding> (group) => [.. group.Select(port => new PortBinding(port.HostAddress ?? "", port.Published?.ToString(CultureInfo.InvariantCulture) ?? ""))]),
            RestartPolicy = Restart(spec.Restart),
            NanoCpus = limits.CpuLimit is { } cpus ? (long)Math.Round(cpus * 1e9) : null,
            Memory = limits.MemoryLimit,
            MemoryReservation = limits.MemoryReservation,
            MemorySwap = limits.MemorySwapLimit,
            CpuShares = limits.CpuShares,
            CpusetCpus = limits.CpuSet,
            PidsLimit = limits.PidsLimit,
            OomScoreAdj = limits.OomScoreAdjust,
            Init = spec.Init,
            ReadonlyRootfs = spec.ReadOnly,
            Privileged = spec.Privileged,
            CapAdd = Some(spec.CapAdd),
            CapDrop = Some(spec.CapDrop),
            GroupAdd = Some(spec.GroupAdd),
            SecurityOpt = Some(spec.SecurityOptions),
            Dns = Some(spec.Dns),
            DnsSearch = Some(spec.DnsSearch),
            DnsOptions = Some(spec.DnsOptions),
            ExtraHosts = Some(spec.ExtraHosts.Select(DockerBuilds.EngineHost)),
            Devices = Some(spec.Devices.Select(Device)),
            Sysctls = spec.Sysctls.Count == 0 ? null : spec.Sysctls,
            Ulimits = Some(spec.Ulimits.Select(limit => new UlimitConfig(limit.Key, limit.Value.Soft, limit.Value.Hard))),
            ShmSize = spec.ShmSize,
            IpcMode = spec.Ipc,
            PidMode = spec.Pid,
            CgroupParent = spec.CgroupParent,
            Runtime = spec.Runtime,
            LogConfig = spec.LogDriver is null && spec.LogOptions.Count == 0 ? null : new(spec.LogDriver, spec.LogOptions.Count == 0 ? null : spec.LogOptions),
        };
    }

    /// <summary>
    /// The engine takes [""] for "none" and then leaves out the image's CMD too, as the Compose Specification wants it (services.md, entrypoint).
    /// An empty CMD counts for it as none given, unless there is an entrypoint: to clear the CMD alone, the image's own is given.
    /// </summary>
    static IReadOnlyList<string>? Entrypoint(ContainerSpec spec, IReadOnlyList<string>? imageEntrypoint) => spec switch
    {
        { Entrypoint.Count: 0 } => [""],
        { Entrypoint: { } entrypoint } => entrypoint,
        { Command.Count: 0 } => imageEntrypoint is { Count: > 0 } ? imageEntrypoint : [""],
        _ => null,
    };

    static ContainerHealthcheck Healthcheck(HealthCheckModel check, Version api) => new()
    {
        Test = Some(check.Test),
        Interval = Nanoseconds(check.Interval),
        Timeout = Nanoseconds(check.Timeout),
        StartPeriod = Nanoseconds(check.StartPeriod),
        StartInterval = api >= WithStartInterval ? Nanoseconds(check.StartInterval) : null,
        Retries = check.Retries,
    };

    static long? Nanoseconds(TimeSpan? time) => time?.Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>Slipway's reconciler starts again what died; the engine does it only where the person asked for it.</summary>
    static RestartPolicy Restart(RestartModel restart) => restart.Kind switch
    {
        RestartKind.Always => new("always", null),
        RestartKind.UnlessStopped => new("unless-stopped", null),
        RestartKind.OnFailure => new("on-failure", restart.MaxRetries),
        _ => new("no", null),
    };

    /// <summary>Only the older form makes the host's folder where there is none (the newer one from API 1.42 on); it can't name a path with a colon.</summary>
    static bool IsLegacyBind(MountModel mount) => mount is { Kind: MountKind.Bind, CreateHostPath: true, Source: { } source }
        && !source.Contains(':', StringComparison.Ordinal) && !mount.Target.Contains(':', StringComparison.Ordinal);

    static string LegacyBind(MountModel mount) =>
        $"{mount.Source}:{mount.Target}:{(mount.ReadOnly ? "ro" : "rw")}{(mount.Propagation is null ? "" : "," + mount.Propagation)}";

    static MountConfig Mount(MountModel mount) => new()
    {
        Type = mount.Kind switch
        {
            MountKind.Volume => "volume",
            MountKind.Bind => "bind",
            _ => "tmpfs",
        },
        Source = mount.Source,
        Target = mount.Target,
        ReadOnly = mount.ReadOnly,
        BindOptions = mount is { Kind: MountKind.Bind, Propagation: { } propagation } ? new(propagation) : null,
        VolumeOptions = mount is { Kind: MountKind.Volume, NoCopy: true } ? new(NoCopy: true) : null,
        TmpfsOptions = mount.Kind == MountKind.Tmpfs && (mount.TmpfsSize ?? mount.TmpfsMode) is not null ? new(mount.TmpfsSize, mount.TmpfsMode) : null,
    };

    static MountConfig Grant(FileGrant file) => new()
    {
        Type = "bind",
        Source = file.Source ?? throw new EngineException(400, $"the {(file.IsSecret ? "secret" : "config")} '{file.Name}' has no file on the server to be mounted from"),
        Target = file.Target,
        ReadOnly = true,
    };

    /// <summary>host[:container[:permissions]]</summary>
    static DeviceMapping Device(string text)
    {
        var parts = text.Split(':');
        return new(parts[0], parts.Length > 1 ? parts[1] : parts[0], parts.Length > 2 ? parts[2] : "rwm");
    }

    static string PortKey(PortModel port) => string.Create(CultureInfo.InvariantCulture, $"{port.Target}/{port.Protocol}");

    static List<T>? Some<T>(IEnumerable<T> items) => items.ToList() is { Count: > 0 } list ? list : null;
}
