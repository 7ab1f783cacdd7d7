using Slipway.Model;

namespace Slipway.Releases.Tests.Compose;

public sealed class ServiceReadingTests
{
    static ContainerSpec Container(string keys, string rest = "") => ComposeFolder.Service(keys, rest).Container;

    [Fact]
    public void Command_Forms_GiveWords()
    {
        Container("command: redis-server --save '60 1'").Command.ShouldBe(["redis-server", "--save", "60 1"]);
        Container("command: [a, 'b c', 5]").Command.ShouldBe(["a", "b c", "5"]);
        Container("command: []").Command.ShouldNotBeNull().ShouldBeEmpty();
        Container("tty: true").Command.ShouldBeNull();
        Container("entrypoint: ['']").Entrypoint.ShouldBe([""]);
    }

    [Theory]
    [InlineData("environment: [A=1, 'B=x=y', C=]")]
    [InlineData("environment: {A: 1, B: x=y, C: ''}")]
    public void Environment_Forms_AreTheSame(string keys) =>
        Container(keys).Environment.ShouldBe(new Dictionary<string, string> { ["A"] = "1", ["B"] = "x=y", ["C"] = "" });

    [Fact]
    public void Environment_KeyAlone_TakesThePersonsOrIsLeftOut()
    {
        using var folder = new ComposeFolder("services: {web: {image: a, environment: [HERE, GONE]}, two: {image: a, environment: {HERE: , X: '${EMPTY}'}}}");
        folder.Variables["HERE"] = "1";
        folder.Variables["EMPTY"] = "";
        var model = folder.Read();
        model.Find("web")!.Container.Environment.ShouldBe(new Dictionary<string, string> { ["HERE"] = "1" });
        model.Find("two")!.Container.Environment.ShouldBe(new Dictionary<string, string> { ["HERE"] = "1", ["X"] = "" });
    }

    [Fact]
    public void EnvFile_LongForm_KnowsRequiredAndRawAndYieldsToEnvironment()
    {
        using var folder = new ComposeFolder("""
            services:
              web:
                image: a
                env_file:
                  - one.env
                  - {path: gone.env, required: false}
                  - {path: raw.env, format: raw}
                environment: {B: over}
            """);
        folder.Write("one.env", "A=1\nB=2\nC=${X:-d}").Write("raw.env", "R='$A'");
        folder.Read().Find("web")!.Container.Environment.ShouldBe(new Dictionary<string, string> { ["A"] = "1", ["B"] = "over", ["C"] = "d", ["R"] = "'$A'" });
    }

    [Fact]
    public void Ports_UnquotedBase60_AreText()
    {
        var service = ComposeFolder.Service("ports:\n  - 22:22\n  - 5353:53/udp\n  - '6000-6001:6000-6001/udp'");
        service.Ports.Select(p => p.ToString()).ShouldBe(["22:22/tcp", "5353:53/udp", "6000:6000/udp", "6001:6001/udp"]);
        service.Release.IsRouted.ShouldBeFalse();
    }

    [Fact]
    public void Ports_LongForm_IsRead()
    {
        var service = ComposeFolder.Service("ports:\n  - {target: 5432, published: '15432', host_ip: 127.0.0.1}\n  - {target: 53, protocol: udp}");
        service.Ports.Select(p => p.ToString()).ShouldBe(["127.0.0.1:15432:5432/tcp", "*:53/udp"]);
    }

    [Fact]
    public void Volumes_AllForms_BecomeMounts()
    {
        using var folder = new ComposeFolder("""
            services:
              web:
                image: a
                volumes:
                  - data:/data
                  - ./conf/:/etc/app/:ro
                  - ~/x:/home/x
                  - /var/lib/anon
                  - {type: bind, source: ./b, target: /b, bind: {propagation: rslave, create_host_path: false}}
                  - {type: tmpfs, target: /t, tmpfs: {size: 1m, mode: 0700}}
                  - {type: volume, source: named, target: /n, read_only: true, volume: {nocopy: true}}
                tmpfs: ['/run:size=64k,mode=755']
            volumes: {data: , named: {name: other-name}, unused: {}}
            """);
        folder.Variables["HOME"] = "/home/me";
        var model = folder.Read();
        model.Find("web")!.Container.Mounts.ShouldBe(
        [
            new MountModel { Kind = MountKind.Volume, Source = "shop_data", Target = "/data" },
            new MountModel { Kind = MountKind.Bind, Source = Path.Combine(folder.Folder, "conf"), Target = "/etc/app", ReadOnly = true, CreateHostPath = true },
            new MountModel { Kind = MountKind.Bind, Source = "/home/me/x", Target = "/home/x", CreateHostPath = true },
            new MountModel { Kind = MountKind.Volume, Target = "/var/lib/anon" },
            new MountModel { Kind = MountKind.Bind, Source = Path.Combine(folder.Folder, "b"), Target = "/b", Propagation = "rslave" },
            new MountModel { Kind = MountKind.Tmpfs, Target = "/t", TmpfsSize = 1 << 20, TmpfsMode = 448 },
            new MountModel { Kind = MountKind.Volume, Source = "other-name", Target = "/n", ReadOnly = true, NoCopy = true },
            new MountModel { Kind = MountKind.Tmpfs, Target = "/run", TmpfsSize = 65536, TmpfsMode = 493 },
        ]);
        model.Volumes.Select(v => v.Name).ShouldBe(["other-name", "shop_data"]);
    }

    [Fact]
    public void External_VolumesAndNetworks_KeepTheirNames()
    {
        using var folder = new ComposeFolder("""
            services:
              web: {image: a, volumes: ['v:/v', 'w:/w'], networks: {n: {aliases: [x], ipv4_address: 10.0.0.5}, default: }}
            volumes: {v: {external: true}, w: {external: {name: old}}}
            networks: {n: {external: true, name: outside}}
            """);
        var model = folder.Read();
        model.Volumes.ShouldAllBe(v => v.External);
        model.Volumes.Select(v => v.Name).ShouldBe(["old", "v"]);
        model.Networks.Select(n => (n.Key, n.Name, n.External)).ShouldBe([("default", null, false), ("n", "outside", true)]);
        model.Find("web")!.Networks.Single(n => n.Network == "n").Ipv4Address.ShouldBe("10.0.0.5");
    }

    [Theory]
    [InlineData("healthcheck: {test: curl -f localhost}", "CMD-SHELL|curl -f localhost")]
    [InlineData("healthcheck: {test: [CMD, curl, -f]}", "CMD|curl|-f")]
    [InlineData("healthcheck: {disable: true}", "NONE")]
    [InlineData("healthcheck: {test: [NONE]}", "NONE")]
    [InlineData("healthcheck: {interval: 5s}", "")]
    public void HealthCheck_Test_IsRead(string keys, string words) => string.Join('|', Container(keys).HealthCheck!.Test).ShouldBe(words);

    [Theory]
    [InlineData("restart: no", RestartKind.No, null)]
    [InlineData("restart: always", RestartKind.Always, null)]
    [InlineData("restart: on-failure:3", RestartKind.OnFailure, 3)]
    [InlineData("restart: unless-stopped", RestartKind.UnlessStopped, null)]
    [InlineData("restart: always\ndeploy: {restart_policy: {condition: none}}", RestartKind.No, null)]
    [InlineData("deploy: {restart_policy: {condition: on-failure, max_attempts: 2}}", RestartKind.OnFailure, 2)]
    [InlineData("tty: true", null, null)]
    public void Restart_Policies_AreRead(string keys, RestartKind? kind, int? retries) =>
        Container(keys).Restart.ShouldBe(new RestartModel { Kind = kind, MaxRetries = retries });

    [Fact]
    public void Resources_LegacyAndDeploy_AreRead()
    {
        Container("mem_limit: 512m\ncpus: 0.5\nmem_reservation: 1g\nmemswap_limit: -1\npids_limit: 10\ncpu_shares: 512").Resources
            .ShouldBe(new ResourcesModel { CpuLimit = 0.5, MemoryLimit = 512L << 20, MemoryReservation = 1L << 30, MemorySwapLimit = -1, PidsLimit = 10, CpuShares = 512 });
        Container("deploy: {resources: {limits: {cpus: '0.25', memory: 20M, pids: 5}, reservations: {memory: 1M}}}\ncpus: 4").Resources
            .ShouldBe(new ResourcesModel { CpuLimit = 0.25, MemoryLimit = 20L << 20, MemoryReservation = 1L << 20, PidsLimit = 5 });
        Container("cpu_quota: 50000\ncpu_period: 25ms").Resources.CpuLimit.ShouldBe(2);
    }

    [Theory]
    [InlineData("deploy: {replicas: 3}", 3)]
    [InlineData("scale: 2", 2)]
    [InlineData("deploy: {mode: global}", 1)]
    [InlineData("deploy: {replicas: 0}", 0)]
    public void Replicas_Forms_AreRead(string keys, int count) => ComposeFolder.Service(keys).Replicas.ShouldBe(count);

    [Fact]
    public void Container_OtherKeys_AreRead()
    {
        var spec = Container("user: 1000:1000\nworking_dir: /w\nhostname: h\ninit: true\nread_only: true\nprivileged: true\nstop_signal: SIGINT\nstop_grace_period: 1m\n"
            + "cap_add: [NET_ADMIN]\ncap_drop: [ALL]\nsecurity_opt: ['no-new-privileges:true']\ndns: 1.1.1.1\nextra_hosts: {a: 1.2.3.4}\ndevices: ['/dev/null:/dev/x']\n"
            + "sysctls: {net.core.somaxconn: 1024}\nulimits: {nproc: 65535, nofile: {soft: 1, hard: 2}}\nshm_size: 64m\npid: host\nlogging: {driver: json-file, options: {max-size: 1m}}\n"
            + "labels: [a=b]\nplatform: linux/amd64");
        spec.User.ShouldBe("1000:1000");
        spec.StopGracePeriod.ShouldBe(TimeSpan.FromMinutes(1));
        spec.Dns.ShouldBe(["1.1.1.1"]);
        spec.ExtraHosts.ShouldBe(["a:1.2.3.4"]);
        spec.Devices.ShouldBe(["/dev/null:/dev/x"]);
        spec.Ulimits["nproc"].ShouldBe(new UlimitModel(65535, 65535));
        spec.Ulimits["nofile"].ShouldBe(new UlimitModel(1, 2));
        spec.ShmSize.ShouldBe(64 << 20);
        spec.LogOptions["max-size"].ShouldBe("1m");
        spec.Labels["a"].ShouldBe("b");
        (spec.Init, spec.ReadOnly, spec.Privileged, spec.Pid, spec.WorkingDirectory).ShouldBe((true, true, true, "host", "/w"));
    }

    [Fact]
    public void SecretsAndConfigs_BecomeFiles()
    {
        using var folder = new ComposeFolder("""
            services:
              web:
                image: a
                secrets: [one, {source: two, target: t, mode: 0440}]
                configs: [{source: c, target: /etc/c.conf, mode: '0444'}]
            secrets: {one: {file: ./one.txt}, two: {environment: TOKEN}}
            configs: {c: {content: "x=${TOKEN}"}}
            """);
        folder.Write("one.txt", "1").Variables["TOKEN"] = "abc";
        folder.Read().Find("web")!.Container.Files.ShouldBe(
        [
            new FileGrant { Name = "one", Source = Path.Combine(folder.Folder, "one.txt"), Target = "/run/secrets/one", IsSecret = true },
            new FileGrant { Name = "two", Content = "abc", Target = "/run/secrets/t", IsSecret = true, Mode = 288 },
            new FileGrant { Name = "c", Content = "x=abc", Target = "/etc/c.conf", Mode = 292 },
        ]);
    }

    [Fact]
    public void Build_Forms_AreRead()
    {
        using var folder = new ComposeFolder("services: {a: {build: .}, b: {image: x/b, build: {context: sub, dockerfile: D, target: t, args: [V=1, FROM_SHELL, GONE], platforms: [linux/amd64]}}}");
        folder.Write("sub/D", "").Variables["FROM_SHELL"] = "s";
        var model = folder.Read();
        model.Find("a")!.Build!.Context.ShouldBe(folder.Folder);
        model.Find("a")!.Image.ShouldBeNull();
        var build = model.Find("b")!.Build!;
        (build.Context, build.Dockerfile, build.Target, build.Platform).ShouldBe((Path.Combine(folder.Folder, "sub"), "D", "t", "linux/amd64"));
        build.Args.ShouldBe(new Dictionary<string, string> { ["FROM_SHELL"] = "s", ["V"] = "1" });
    }

    [Fact]
    public void Dependencies_ExplicitAndImplied_AreRead()
    {
        using var folder = new ComposeFolder("""
            services:
              web:
                image: a
                depends_on: {db: {condition: service_healthy}, job: {condition: service_completed_successfully, required: false}}
                links: [db:database, cache]
                volumes_from: [files:ro]
                container_name: front
              db: {image: a}
              cache: {image: a}
              job: {image: a}
              files: {image: a, volumes: ['d:/d']}
            volumes: {d: {}}
            """);
        var model = folder.Read();
        model.Find("web")!.DependsOn.ShouldBe(
        [
            new DependencyModel { Service = "db", Condition = DependencyCondition.Healthy },
            new DependencyModel { Service = "job", Condition = DependencyCondition.CompletedSuccessfully, Required = false },
            new DependencyModel { Service = "cache" },
            new DependencyModel { Service = "files" },
        ]);
        model.Find("db")!.Networks.Single().Aliases.ShouldBe(["database"]);
        model.Find("web")!.Networks.Single().Aliases.ShouldBe(["front"]);
        model.Find("web")!.Container.Mounts.ShouldBe([new MountModel { Kind = MountKind.Volume, Source = "shop_d", Target = "/d", ReadOnly = true }]);
    }
}
