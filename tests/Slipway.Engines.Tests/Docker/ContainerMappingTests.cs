using System.Text.Json;
using System.Text.Json.Nodes;
using Slipway.Engines.Docker;
using Slipway.Model;

namespace Slipway.Engines.Tests.Docker;

/// <summary>The JSON that the engine gets (Engine API v1.41, ContainerCreate).</summary>
public sealed class ContainerMappingTests
{
    static readonly Version Old = new(1, 41), New = new(1, 44);

    [Fact]
    public void Create_PlainService_LeavesEverythingElseToImageAndEngine()
    {
        var json = Map(new());

        json["Image"]!.GetValue<string>().ShouldBe("127.0.0.1:8080/shop/web@sha256:00");
        foreach (var absent in new[] { "Cmd", "Entrypoint", "Env", "User", "WorkingDir", "Hostname", "Healthcheck", "StopTimeout", "StopSignal", "ExposedPorts" })
            json.ContainsKey(absent).ShouldBeFalse(absent);
        var host = json["HostConfig"]!.AsObject();
        foreach (var absent in new[] { "Binds", "Mounts", "PortBindings", "NanoCpus", "Memory", "Init", "CapAdd", "LogConfig", "Ulimits" })
            host.ContainsKey(absent).ShouldBeFalse(absent);
        host["NetworkMode"]!.GetValue<string>().ShouldBe("net-id");
        json["NetworkingConfig"]!["EndpointsConfig"]!["net-id"]!["Aliases"]!.AsArray().Select(a => a!.GetValue<string>()).ShouldBe(["web", "www"]);
    }

    [Fact]
    public void Create_Labels_OursWinOverThePersons()
    {
        var labels = Map(new() { Labels = new Dictionary<string, string> { ["mine"] = "x", ["dev.slipway.app"] = "forged" } })["Labels"]!;

        labels["mine"]!.GetValue<string>().ShouldBe("x");
        labels["dev.slipway.app"]!.GetValue<string>().ShouldBe("shop");
        labels["dev.slipway.service"]!.GetValue<string>().ShouldBe("web");
        labels["dev.slipway.release"]!.GetValue<string>().ShouldBe("3");
        labels["dev.slipway.hash"]!.GetValue<string>().ShouldBe("00112233aabbccdd");
        labels["dev.slipway.index"]!.GetValue<string>().ShouldBe("2");
    }

    [Fact]
    public void Create_HealthCheck_CountsInNanoseconds()
    {
        var check = new HealthCheckModel
        {
            Test = ["CMD-SHELL", "true"],
            Interval = TimeSpan.FromSeconds(90),
            Timeout = TimeSpan.FromMilliseconds(1.5),
            StartPeriod = TimeSpan.FromMinutes(2),
            StartInterval = TimeSpan.FromSeconds(1),
            Retries = 4,
        };

        var json = Map(new() { HealthCheck = check })["Healthcheck"]!.AsObject();
        json.ToJsonString().ShouldBe("""{"Test":["CMD-SHELL","true"],"Interval":90000000000,"Timeout":1500000,"StartPeriod":120000000000,"Retries":4}""");
        Map(new() { HealthCheck = check }, New)["Healthcheck"]!["StartInterval"]!.GetValue<long>().ShouldBe(1_000_000_000);
    }

    [Theory]
    [InlineData(null, null, null, null)]
    [InlineData("a b", null, null, """["a","b"]""")]
    [InlineData("", null, """["image-entry"]""", "[]")]
    [InlineData(null, "", """[""]""", null)]
    [InlineData("a", "e f", """["e","f"]""", """["a"]""")]
    public void Create_CommandAndEntrypoint_KeepReplaceOrClear(string? command, string? entrypoint, string? expectedEntrypoint, string? expectedCmd)
    {
        static string[]? Words(string? text) => text?.Split(' ', StringSplitOptions.RemoveEmptyEntries);

        var json = Map(new() { Command = Words(command), Entrypoint = Words(entrypoint) });

        json["Entrypoint"]?.ToJsonString().ShouldBe(expectedEntrypoint);
        json["Cmd"]?.ToJsonString().ShouldBe(expectedCmd);
    }

    [Fact]
    public void Create_Mounts_TakeTheFormThatDoesWhatWasAsked()
    {
        var host = Map(new()
        {
            Mounts =
            [
                new() { Kind = MountKind.Volume, Source = "shop_data", Target = "/data", NoCopy = true },
                new() { Kind = MountKind.Volume, Target = "/anonymous" },
                new() { Kind = MountKind.Bind, Source = "/srv/a", Target = "/a", CreateHostPath = true, ReadOnly = true, Propagation = "rshared" },
                new() { Kind = MountKind.Bind, Source = "/srv/b", Target = "/b", Propagation = "rslave" },
                new() { Kind = MountKind.Bind, Source = "/srv/with:colon", Target = "/c", CreateHostPath = true },
                new() { Kind = MountKind.Tmpfs, Target = "/tmp", TmpfsSize = 1024, TmpfsMode = 0x1FF },
            ],
            Files = [new() { Name = "key", Source = "/files/abc", Target = "/run/secrets/key", IsSecret = true }],
        })["HostConfig"]!;

        host["Binds"]!.ToJsonString().ShouldBe("""["/srv/a:/a:ro,rshared"]""");
        host["Mounts"]!.AsArray().Select(m => m!.ToJsonString()).ShouldBe(
        [
            """{"Type":"volume","Source":"shop_data","Target":"/data","ReadOnly":false,"VolumeOptions":{"NoCopy":true}}""",
            """{"Type":"volume","Target":"/anonymous","ReadOnly":false}""",
            """{"Type":"bind","Source":"/srv/b","Target":"/b","ReadOnly":false,"BindOptions":{"Propagation":"rslave"}}""",
            """{"Type":"bind","Source":"/srv/with:colon","Target":"/c","ReadOnly":false}""",
            """{"Type":"tmpfs","Target":"/tmp","ReadOnly":false,"TmpfsOptions":{"SizeBytes":1024,"Mode":511}}""",
            """{"Type":"bind","Source":"/files/abc","Target":"/run/secrets/key","ReadOnly":true}""",
        ]);
    }

    [Fact]
    public void Create_FileWithoutSource_IsRefusedByName() =>
        Should.Throw<EngineException>(() => Map(new() { Files = [new() { Name = "key", Target = "/k", IsSecret = true }] })).Message.ShouldContain("secret 'key' of shop/web");

    [Fact]
    public void Create_Ports_AreExposedAndBound()
    {
        var json = Map(new(), ports:
        [
            new() { Published = 8080, Target = 80 },
            new() { HostAddress = "127.0.0.1", Target = 80 },
            new() { HostAddress = "::1", Published = 53, Target = 53, Protocol = "udp" },
        ]);

        json["ExposedPorts"]!.ToJsonString().ShouldBe("""{"80/tcp":{},"53/udp":{}}""");
        json["HostConfig"]!["PortBindings"]!.ToJsonString().ShouldBe(
            """{"80/tcp":[{"HostIp":"","HostPort":"8080"},{"HostIp":"127.0.0.1","HostPort":""}],"53/udp":[{"HostIp":"::1","HostPort":"53"}]}""");
    }

    [Theory]
    [InlineData(null, """{"Name":"no"}""")]
    [InlineData(RestartKind.No, """{"Name":"no"}""")]
    [InlineData(RestartKind.Always, """{"Name":"always"}""")]
    [InlineData(RestartKind.UnlessStopped, """{"Name":"unless-stopped"}""")]
    [InlineData(RestartKind.OnFailure, """{"Name":"on-failure","MaximumRetryCount":5}""")]
    public void Create_Restart_IsTheEnginesOnlyWhereAskedFor(RestartKind? kind, string expected) =>
        Map(new() { Restart = new() { Kind = kind, MaxRetries = 5 } })["HostConfig"]!["RestartPolicy"]!.ToJsonString().ShouldBe(expected);

    [Fact]
    public void Create_Everything_LandsWhereTheEngineReadsIt()
    {
        var json = Map(new()
        {
            Environment = new Dictionary<string, string> { ["B"] = "2", ["A"] = "x=y" },
            User = "1:2",
            WorkingDirectory = "/w",
            Hostname = "h",
            DomainName = "d",
            Init = true,
            Tty = true,
            StdinOpen = true,
            ReadOnly = true,
            Privileged = true,
            StopSignal = "SIGINT",
            StopGracePeriod = TimeSpan.FromMilliseconds(1500),
            CapAdd = ["NET_ADMIN"],
            CapDrop = ["ALL"],
            GroupAdd = ["g"],
            SecurityOptions = ["no-new-privileges"],
            Dns = ["1.1.1.1"],
            DnsSearch = ["s"],
            DnsOptions = ["ndots:1"],
            ExtraHosts = ["a:1.2.3.4", "b=[::1]"],
            Devices = ["/dev/fuse", "/dev/a:/dev/b:r"],
            Sysctls = new Dictionary<string, string> { ["net.core.somaxconn"] = "1024" },
            Ulimits = new Dictionary<string, UlimitModel> { ["nofile"] = new(1, 2) },
            ShmSize = 64,
            Ipc = "host",
            Pid = "host",
            CgroupParent = "c",
            Runtime = "runc",
            LogDriver = "json-file",
            LogOptions = new Dictionary<string, string> { ["max-size"] = "1m" },
            Resources = new()
            {
                CpuLimit = 0.3, MemoryLimit = 100, MemoryReservation = 50, MemorySwapLimit = -1, CpuShares = 7, CpuSet = "0-1", PidsLimit = 9, OomScoreAdjust = -3,
            },
        });

        var host = json["HostConfig"]!.AsObject();
        json.Remove("HostConfig");
        json.Remove("Labels");
        json.Remove("NetworkingConfig");
        json.ToJsonString().ShouldBe(
            """{"Image":"127.0.0.1:8080/shop/web@sha256:00","Env":["A=x=y","B=2"],"User":"1:2","WorkingDir":"/w","Hostname":"h","Domainname":"d","Tty":true,"OpenStdin":true,"StopSignal":"SIGINT","StopTimeout":2}""");
        host.ToJsonString().ShouldBe(
            """{"NetworkMode":"net-id","RestartPolicy":{"Name":"no"},"NanoCpus":300000000,"Memory":100,"MemoryReservation":50,"MemorySwap":-1,"CpuShares":7,"CpusetCpus":"0-1","PidsLimit":9,"OomScoreAdj":-3"""
            + ""","Init":true,"ReadonlyRootfs":true,"Privileged":true,"CapAdd":["NET_ADMIN"],"CapDrop":["ALL"],"GroupAdd":["g"],"SecurityOpt":["no-new-privileges"],"Dns":["1.1.1.1"],"DnsSearch":["s"],"DnsOptions":["ndots:1"]"""
            + ""","ExtraHosts":["a:1.2.3.4","b:::1"],"Devices":[{"PathOnHost":"/dev/fuse","PathInContainer":"/dev/fuse","CgroupPermissions":"rwm"},{"PathOnHost":"/dev/a","PathInContainer":"/dev/b","CgroupPermissions":"r"}]"""
            + ""","Sysctls":{"net.core.somaxconn":"1024"},"Ulimits":[{"Name":"nofile","Soft":1,"Hard":2}],"ShmSize":64,"IpcMode":"host","PidMode":"host","CgroupParent":"c","Runtime":"runc","LogConfig":{"Type":"json-file","Config":{"max-size":"1m"}}}""");
    }

    [Fact]
    public void Create_NetworkMode_ReplacesTheNetworks()
    {
        var json = Map(new(), network: null, mode: "host");

        json["HostConfig"]!["NetworkMode"]!.GetValue<string>().ShouldBe("host");
        json.ContainsKey("NetworkingConfig").ShouldBeFalse();
    }

    static JsonObject Map(ContainerSpec container, Version? api = null, string? network = "net-id", string? mode = null, IReadOnlyList<PortModel>? ports = null)
    {
        var workload = new Workload
        {
            App = AppName.Parse("shop"),
            Service = "web",
            Release = 3,
            Hash = "00112233aabbccdd",
            Image = "127.0.0.1:8080/shop/web@sha256:00",
            Container = container,
            Replicas = 2,
            Networks = network is null ? [] : [new() { Name = "slipway.shop.blue.default", Aliases = ["web", "www"], Definition = new() { Key = "default" } }],
            NetworkMode = mode,
            Ports = ports ?? [],
        };
        var creation = ContainerMapping.Create(workload, 2, network, ["image-entry"], api ?? Old);
        return JsonSerializer.SerializeToNode(creation, DockerJson.Default.ContainerCreation)!.AsObject();
    }
}
