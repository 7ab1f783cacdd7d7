namespace Slipway.Releases.Compose;

/// <summary>
/// Every key of the Compose Specification and what becomes of it on a single machine with a Docker Engine. docs/reference/compose.md says the same
/// for people; a test holds the two together.
/// </summary>
static class KeyCatalog
{
    const string OneMachine = "there is one machine";

    static readonly KeyShape Ready = new KeyShape().Honour("http", "grpc", "every", "timeout", "passes", "within");
    static readonly KeyShape Drain = new KeyShape().Honour("requests", "websockets", "connections");
    static readonly KeyShape Keep = new KeyShape().Honour("warm", "releases");

    static readonly KeyShape Approve = new KeyShape().Honour("by", "count", "not-author");
    static readonly KeyShape Steps = new KeyShape().Honour("weight", "for", "bake").Honour("approve", Approve)
        .Honour("mirror", new KeyShape().Honour("share", "methods"));
    static readonly KeyShape Judge = new KeyShape()
        .Honour("window", "every", "min-requests", "fail-after", "no-data", "hold-max")
        .Honour("checks", new KeyShape().Honour("errors", "p99", "restarts", "vs-stable"));

    static readonly KeyShape Values = new() { Any = new KeyRule(KeyTreatment.Honoured, Inside: new KeyShape().Honour("regex", "present")) };
    static readonly KeyShape When = Conditions("method").Refuse("the service's own path says that", "path");
    static readonly KeyShape Goals = Conditions("name", "status", "method", "path");
    static readonly KeyShape Match = Conditions("method", "path");

    static readonly KeyShape HeaderChanges = new KeyShape().Honour("set", new KeyShape { Any = new KeyRule(KeyTreatment.Honoured) }).Honour("remove");

    static readonly KeyShape Auth = new KeyShape().Honour("realm", "file").Honour("users", new KeyShape { Any = new KeyRule(KeyTreatment.Honoured) });

    static readonly KeyShape Previews = new KeyShape()
        .Honour("host", "ttl", "max", "services", "scale", "secrets", "share", "index", "certificate")
        .Honour("environment", new KeyShape { Any = new KeyRule(KeyTreatment.Honoured) })
        .Honour("auth", Auth);

    public static KeyShape Release { get; } = new KeyShape()
        .Honour("host", "path", "port", "strategy", "https", "https-ports", "hsts", "certificate")
        .Honour("protocol").Honour("tls", new KeyShape().Honour("verify", "server-name"))
        .Honour("ready", Ready).Honour("drain", Drain).Honour("keep", Keep)
        .Honour("before", new KeyShape().Honour("run", "entrypoint", "timeout", "one-way"))
        .Honour("listen", new KeyShape().Honour("tcp", "udp", "port", "address", "preview", "proxy", "max", "idle"))
        .Honour("strip", "rewrite", "max-body", "max-requests", "compress")
        .Honour("redirect", new KeyShape().Honour("from", "to", "code"))
        .Honour("headers", new KeyShape().Honour("request", HeaderChanges).Honour("response", HeaderChanges))
        .Honour("rate", new KeyShape().Honour("requests", "per", "burst", "by"))
        .Honour("timeouts", new KeyShape().Honour("connect", "answer", "idle"))
        .Honour("auth", Auth)
        .Honour("addresses", new KeyShape().Honour("allow", "deny"))
        .Honour("outliers", new KeyShape().Honour("failures", "eject", "share"))
        .Honour("balance", new KeyShape().Honour("hash", "load"))
        .Honour("affinity", new KeyShape().Honour("by", "lifetime"))
        .Honour("max-connections")
        .Honour("retries", new KeyShape().Honour("attempts", "on", "methods", "per-try", "budget"))
        .Honour("breaker", new KeyShape().Honour("failures", "window", "min-requests", "open"))
        .Honour("health", new KeyShape().Honour("path", "every", "timeout", "fails", "passes", "status", "share"))
        .Translate("previews", "of the file's own x-release alone", Previews)
        .Honour("sticky").Honour("approve", Approve).Honour("steps", Steps).Honour("judge", Judge)
        .Honour("when", When).Honour("match", Match)
        .Honour("ab", new KeyShape().Honour("share", "until", "for", "then", "min-requests").Honour("goals", Goals));

    public static KeyShape Build { get; } = new KeyShape()
        .Honour("context", "dockerfile", "dockerfile_inline", "args", "target", "labels", "cache_from", "extra_hosts", "network", "no_cache", "pull", "shm_size")
        .Translate("platforms", "one platform, that of this machine's engine")
        .Ignore("images go to Slipway's registry under its own names", "tags")
        .Ignore("the engine keeps the build cache", "cache_to")
        .Ignore("no attestations are made", "provenance", "sbom", "attest")
        .Refuse("builds get one context and neither keys nor privileges", "additional_contexts", "secrets", "ssh", "privileged", "entitlements", "isolation", "ulimits");

    static readonly KeyShape HealthCheck = new KeyShape().Honour("test", "interval", "timeout", "start_period", "start_interval", "retries", "disable");

    static readonly KeyShape Deploy = new KeyShape()
        .Honour("replicas")
        .Translate("mode", "replicated; global is one instance, as there is one machine")
        .Honour("resources", new KeyShape()
            .Honour("limits", new KeyShape().Honour("cpus", "memory", "pids"))
            .Honour("reservations", new KeyShape().Honour("memory")
                .Ignore("the engine can't set CPUs aside", "cpus")
                .Refuse("devices can't be reserved; use devices", "devices", "generic_resources")))
        .Honour("restart_policy", new KeyShape().Honour("condition", "max_attempts")
            .Ignore("the engine waits between restarts by its own rule", "delay", "window"))
        .Ignore("x-release says how versions are replaced", "update_config", "rollback_config")
        .Ignore(OneMachine, "placement", "endpoint_mode")
        .Ignore("there is no service object beside the containers to carry them", "labels");

    static readonly KeyShape NetworkUse = new KeyShape()
        .Honour("aliases")
        .Honour("ipv4_address", "ipv6_address")
        .Ignore("networks are attached in the engine's own order", "priority", "gw_priority", "interface_name")
        .Refuse("it can't be set", "mac_address", "link_local_ips", "driver_opts");

    static readonly KeyShape Port = new KeyShape()
        .Honour("target", "published", "host_ip", "protocol")
        .Ignore("it only describes", "name", "app_protocol")
        .Ignore(OneMachine, "mode");

    static readonly KeyShape Mount = new KeyShape()
        .Honour("type", "source", "target", "read_only")
        .Honour("bind", new KeyShape().Honour("propagation", "create_host_path").Ignore("labels of SELinux are not set", "selinux").Ignore("the engine decides", "recursive"))
        .Honour("volume", new KeyShape().Honour("nocopy").Refuse("part of a volume can't be mounted", "subpath").Ignore("labels belong to the volume", "labels"))
        .Honour("tmpfs", new KeyShape().Honour("size", "mode"))
        .Refuse("an image can't be mounted", "image")
        .Ignore("there is one machine", "consistency");

    static readonly KeyShape Grant = new KeyShape()
        .Honour("source", "target", "mode")
        .Ignore("files of secrets and configs belong to root", "uid", "gid");

    static readonly KeyShape DependsOn = new()
    {
        Any = new KeyRule(KeyTreatment.Honoured, Inside: new KeyShape().Honour("condition", "required")
            .Ignore("a dependency that changes is part of the same release", "restart")),
    };

    public static KeyShape Service { get; } = new KeyShape()
        .Honour("image", "command", "entrypoint", "environment", "env_file", "labels", "label_file", "user", "working_dir", "hostname", "domainname")
        .Honour("init", "tty", "stdin_open", "read_only", "privileged", "stop_signal", "stop_grace_period", "cap_add", "cap_drop", "group_add")
        .Honour("security_opt", "dns", "dns_search", "dns_opt", "extra_hosts", "devices", "sysctls", "ulimits", "shm_size", "ipc", "pid")
        .Honour("cgroup_parent", "runtime", "platform", "tmpfs", "expose", "restart", "scale", "profiles", "extends", "network_mode")
        .Honour("cpus", "cpu_shares", "cpuset", "mem_limit", "mem_reservation", "memswap_limit", "pids_limit", "oom_score_adj")
        .Honour("build", Build).Honour("healthcheck", HealthCheck).Honour("deploy", Deploy).Honour("ports", Port).Honour("volumes", Mount)
        .Honour("secrets", Grant).Honour("configs", Grant).Honour("depends_on", DependsOn)
        .Honour("logging", new KeyShape().Honour("driver", "options"))
        .Honour("networks", new KeyShape { Any = new KeyRule(KeyTreatment.Honoured, Inside: NetworkUse) })
        .Honour("x-release", Release)
        .Translate("container_name", "instances are named by Slipway; other services find this one by that name too")
        .Translate("links", "every service finds the linked one by its name and by the alias")
        .Translate("volumes_from", "the same mounts are made")
        .Translate("pull_policy", "a release fixes each image by its digest when it is made")
        .Translate("cpu_period", "with cpu_quota: the limit in CPUs").Translate("cpu_quota", "the limit in CPUs")
        .Ignore("a release fixes each image by its digest", "pull_refresh_after")
        .Ignore("deploys run in the background", "attach")
        .Ignore("it serves the developer's machine", "develop")
        .Ignore("the engine does not get them", "annotations")
        .Ignore("it holds for Windows containers", "isolation", "credential_spec", "cpu_count", "cpu_percent")
        .Refuse("containers outside of the app are not known here; attach both to an external network", "external_links")
        .Refuse("nothing runs after a start or before a stop; put it into the entrypoint", "post_start", "pre_stop")
        .Refuse("only containers can be services here", "provider", "models")
        .Refuse("the engine's socket is not handed out", "use_api_socket")
        .Refuse("GPUs can't be reserved; use devices", "gpus")
        .Refuse("instances of two versions run beside each other and can't share it", "mac_address")
        .Refuse("it can't be set", "blkio_config", "cgroup", "cpu_rt_period", "cpu_rt_runtime", "device_cgroup_rules", "mem_swappiness",
            "oom_kill_disable", "storage_opt", "userns_mode", "uts");

    static readonly KeyShape Network = new KeyShape()
        .Translate("name", "the name of an external network; others are named by app and slot")
        .Honour("driver", "driver_opts", "external", "internal", "enable_ipv6", "labels")
        .Ignore("containers are attached by Slipway alone", "attachable")
        .Ignore("each slot has a network of its own, whose addresses the engine chooses", "ipam")
        .Refuse("every network has IPv4 addresses", "enable_ipv4");

    static readonly KeyShape Volume = new KeyShape().Honour("name", "driver", "driver_opts", "external", "labels");

    static readonly KeyShape Secret = new KeyShape()
        .Honour("file", "environment", "content")
        .Ignore("they are files of the release, named by their content", "name", "labels")
        .Refuse("there is no store of secrets outside of the app; use file or environment", "external", "driver", "driver_opts", "template_driver");

    /// <summary>What a request looks like.</summary>
    static KeyShape Conditions(params string[] first) =>
        new KeyShape().Honour(first).Honour("header", Values).Honour("query", Values).Honour("cookie", Values).Honour("address", "language");

    static KeyShape Named(KeyShape inside) => new() { Any = new KeyRule(KeyTreatment.Honoured, Inside: inside) };

    public static KeyShape File { get; } = new KeyShape()
        .Translate("version", "every version is read by the current specification")
        .Honour("name")
        .Honour("include", new KeyShape().Honour("path", "project_directory", "env_file"))
        .Honour("services", Named(Service)).Honour("networks", Named(Network)).Honour("volumes", Named(Volume))
        .Honour("secrets", Named(Secret)).Honour("configs", Named(Secret))
        .Honour("x-release", Release)
        .Refuse("models are not run here", "models");
}
