using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>The keys of a service that say how its container is run (Compose Specification, 05-services.md).</summary>
static class ContainerReader
{
    public static ContainerSpec Read(Field service, Reading reading) => new()
    {
        Command = service["command"].Words(),
        Entrypoint = service["entrypoint"].Words(),
        Environment = EnvironmentReader.Read(service, reading),
        Labels = Labels(service, reading),
        Mounts = MountReader.Read(service, reading),
        Files = GrantReader.Read(service, reading),
        HealthCheck = HealthCheckReader.Read(service["healthcheck"]),
        Restart = RestartReader.Read(service),
        Resources = ResourcesReader.Read(service),
        User = service["user"].Text(),
        WorkingDirectory = service["working_dir"].Text(),
        Hostname = service["hostname"].Text(),
        DomainName = service["domainname"].Text(),
        Init = service["init"].Bool(),
        Tty = service["tty"].Bool() ?? false,
        StdinOpen = service["stdin_open"].Bool() ?? false,
        ReadOnly = service["read_only"].Bool() ?? false,
        Privileged = service["privileged"].Bool() ?? false,
        StopSignal = service["stop_signal"].Text(),
        StopGracePeriod = service["stop_grace_period"].Duration(),
        CapAdd = service["cap_add"].TextList(),
        CapDrop = service["cap_drop"].TextList(),
        GroupAdd = service["group_add"].TextList(),
        SecurityOptions = service["security_opt"].TextList(),
        Dns = service["dns"].Texts(),
        DnsSearch = service["dns_search"].Texts(),
        DnsOptions = service["dns_opt"].TextList(),
        ExtraHosts = ExtraHosts(service["extra_hosts"]),
        Devices = Devices(service["devices"]),
        Sysctls = service["sysctls"].Texts(emptyForNull: true),
        Ulimits = Ulimits(service["ulimits"]),
        ShmSize = service["shm_size"].Bytes(),
        Ipc = Shared(service["ipc"]),
        Pid = Shared(service["pid"]),
        CgroupParent = service["cgroup_parent"].Text(),
        Runtime = service["runtime"].Text(),
        Platform = service["platform"].Text(),
        LogDriver = service["logging"]["driver"].Text(),
        LogOptions = service["logging"]["options"].Texts(emptyForNull: true),
    };

    /// <summary>name:address, sorted as written; the list form takes NAME=ADDRESS and NAME:ADDRESS.</summary>
    public static IReadOnlyList<string> ExtraHosts(Field hosts)
    {
        if (hosts.Node is not Mapping) return [.. hosts.TextList().Select(h => h.Contains('=', StringComparison.Ordinal) ? h.Replace('=', ':') : h)];
        return [.. hosts.Entries().SelectMany(e => e.Value.Texts().Select(address => $"{e.Key}:{address}"))];
    }

    static SortedDictionary<string, string> Labels(Field service, Reading reading)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in FilesOf(service["label_file"]))
        {
            if (file.Text() is not { } path || reading.Files.Text(reading.HostPathOf(file, path), file.Mark, file.Path) is not { } text) continue;
            foreach (var (name, value) in EnvironmentFile.Read(text, new Source(path, "/"), reading.Variables, reading.Findings)) labels[name] = value ?? "";
        }
        foreach (var (name, value) in service["labels"].Texts(emptyForNull: true)) labels[name] = value;
        return labels;
    }

    public static IReadOnlyList<Field> FilesOf(Field files) => files.Node is Scalar or Mapping && !files.IsMissing ? [files] : files.Items();

    static List<string> Devices(Field devices)
    {
        var list = new List<string>();
        foreach (var item in devices.Items())
        {
            if (item.Node is not Mapping)
            {
                if (item.Text() is { } text) list.Add(text);
                continue;
            }
            var source = item["source"].Text();
            if (source is null) item.Error("a device without a source", "source: /dev/...");
            else list.Add(string.Join(':', new[] { source, item["target"].Text() ?? source, item["permissions"].Text() }.OfType<string>()));
        }
        return list;
    }

    static SortedDictionary<string, UlimitModel> Ulimits(Field ulimits)
    {
        var limits = new SortedDictionary<string, UlimitModel>(StringComparer.Ordinal);
        foreach (var (name, value) in ulimits.Entries())
        {
            var (soft, hard) = value.Node is Mapping ? (value["soft"].Long(-1), value["hard"].Long(-1)) : (value.Long(-1), value.Long(-1));
            if (value.Node is Mapping && (value["soft"].IsMissing || value["hard"].IsMissing)) value.Error("a limit needs soft and hard", "soft: and hard:, or one number");
            if (soft is not null && hard is not null) limits[name] = new UlimitModel(soft.Value, hard.Value);
        }
        return limits;
    }

    static string? Shared(Field mode)
    {
        if (mode.Text() is not { } text) return null;
        if (!text.StartsWith("service:", StringComparison.Ordinal) && !text.StartsWith("container:", StringComparison.Ordinal)) return text;
        mode.Error($"'{text}' would tie this service to the process of another one, which a release replaces", "host, or nothing");
        return null;
    }
}
