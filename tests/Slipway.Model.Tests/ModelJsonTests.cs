using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Slipway.Model.Tests;

public sealed class ModelJsonTests
{
    static readonly AppName App = AppName.Parse("shop");
    static readonly DateTimeOffset Time = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    static readonly ContainerSpec Container = new()
    {
        Command = [],
        Entrypoint = ["a", "b"],
        Environment = new SortedDictionary<string, string> { ["A"] = "1" },
        Mounts = [new MountModel { Kind = MountKind.Volume, Source = "shop_data", Target = "/data", NoCopy = true }],
        Files = [new FileGrant { Name = "s", Content = "x", Target = "/run/secrets/s", IsSecret = true, Mode = 256 }],
        HealthCheck = new HealthCheckModel { Test = ["CMD", "true"], Interval = TimeSpan.FromSeconds(1.5) },
        Restart = new RestartModel { Kind = RestartKind.OnFailure, MaxRetries = 3 },
        Resources = new ResourcesModel { CpuLimit = 0.5, MemoryLimit = 1L << 40 },
        Init = false,
        StopGracePeriod = TimeSpan.FromMinutes(2),
        Ulimits = new SortedDictionary<string, UlimitModel> { ["nofile"] = new(1, -1) },
        LogOptions = new SortedDictionary<string, string> { ["max-size"] = "1m" },
    };

    static readonly AppModel Model = new()
    {
        Name = App,
        Services =
        [
            new ServiceModel
            {
                Name = "web",
                Build = new BuildModel { Context = "/src", Args = new SortedDictionary<string, string> { ["V"] = "1" }, ShmSize = 5 },
                Container = Container,
                DependsOn = [new DependencyModel { Service = "db", Condition = DependencyCondition.CompletedSuccessfully, Required = false }],
                Ports = [new PortModel { HostAddress = "::1", Published = 22, Target = 22 }],
                Expose = [80],
                Networks = [new NetworkAttachment { Network = "default", Aliases = ["w"] }],
                Replicas = 0,
                Release = new ReleasePolicy { Hosts = ["a.b"], Port = 80, GatewayPorts = [new GatewayPort(null, 8080)], Strategy = Strategy.BlueGreen },
            },
        ],
        Networks = [new NetworkModel { Key = "default" }],
        Volumes = [new VolumeModel { Name = "shop_data", External = true }],
    };

    static readonly Release Release = new()
    {
        App = App,
        Number = 2,
        Created = Time,
        Model = Model,
        Images = new SortedDictionary<string, string> { ["web"] = "shop/web@sha256:0" },
        Slot = Slot.Green,
    };

    static readonly Rollout Rollout = new()
    {
        Id = 7,
        App = App,
        Kind = RolloutKind.Rollback,
        State = RolloutState.RollingBack,
        Source = new DeploySource { Directory = "/src", Variables = new Dictionary<string, string> { ["A"] = "b" }, Profiles = ["p"] },
        Created = Time,
        Changed = Time,
    };

    static readonly Workload Workload = new()
    {
        App = App,
        Service = "web",
        Release = 2,
        Hash = "0123456789abcdef",
        Image = "i",
        Container = Container,
        Replicas = 1,
        Networks = [new WorkloadNetwork { Name = "slipway.shop.blue.default", Definition = new NetworkModel { Key = "default" } }],
    };

    static readonly AppStatus Status = new()
    {
        App = App,
        Live = 1,
        Slots = new Dictionary<string, int> { ["blue"] = 1 },
        Services = [new ServiceStatus { Service = "web", Release = 1, Replicas = 1, Ready = 1, Image = "i" }],
        Rollout = Rollout,
    };

    static readonly RouteTable Table = new()
    {
        Version = 3,
        Routes =
        [
            new Route
            {
                App = App,
                Service = "web",
                Hosts = ["a.b"],
                Ports = [new GatewayPort("127.0.0.1", 5000)],
                Destinations = [new Destination { Release = 1, Weight = 100, Upstreams = [new Upstream("id", "10.0.0.2", 80)] }],
            },
        ],
    };

    static readonly GatewayReport Report = new()
    {
        Session = "s",
        ProcessId = 1,
        Started = Time,
        TableVersion = 3,
        Instances = [new InstanceTraffic { Instance = "id", InFlight = 1, Upgraded = 2 }],
        Releases = [new ReleaseTraffic { App = App, Service = "web", Release = 1, Requests = 9, ByClass = [0, 0, 9, 0, 0, 0], Failed = 0, Times = new AnswerTimes { Success = [1, 2], Left = [3] }, Mirrored = new MirroredTraffic { Requests = 4, ByClass = [0, 0, 3, 0, 0, 1], Failed = 0, Dropped = 5, Times = new AnswerTimes { Success = [3] }, Originals = new AnswerTimes { Success = [4] } } }],
        NotListening = new Dictionary<string, string> { [":80"] = "in use" },
    };

    static readonly Instance Instance = new()
    {
        Id = "id",
        Name = "shop.web.v2.1",
        App = App,
        Service = "web",
        Release = 2,
        Hash = "h",
        Index = 1,
        State = InstanceState.Exited,
        Health = InstanceHealth.Unhealthy,
        Addresses = new Dictionary<string, string> { ["n"] = "10.0.0.2" },
        ExitCode = 137,
        OutOfMemory = true,
        Created = Time,
    };

    [Fact]
    public void Records_WrittenAndRead_AreTheSame()
    {
        RoundTrip(Model, ModelJson.Default.AppModel).Services[0].Container.Command.ShouldNotBeNull().ShouldBeEmpty();
        RoundTrip(Model.Services[0], ModelJson.Default.ServiceModel).IsStateful.ShouldBeTrue();
        RoundTrip(Container, ModelJson.Default.ContainerSpec).Init.ShouldBe(false);
        RoundTrip(Release, ModelJson.Default.Release).Slot.ShouldBe(Slot.Green);
        RoundTrip(Rollout, ModelJson.Default.Rollout).State.ShouldBe(RolloutState.RollingBack);
        RoundTrip(Rollout.Source!, ModelJson.Default.DeploySource).Variables["A"].ShouldBe("b");
        RoundTrip(Workload, ModelJson.Default.Workload).Networks[0].Definition.Key.ShouldBe("default");
        RoundTrip(Status, ModelJson.Default.AppStatus).Slots["blue"].ShouldBe(1);
        RoundTrip(Table, ModelJson.Default.RouteTable).Routes[0].Destinations[0].Upstreams[0].Port.ShouldBe(80);
        RoundTrip(Report, ModelJson.Default.GatewayReport).Releases[0].ByClass[2].ShouldBe(9);
        RoundTrip(Instance, ModelJson.Default.Instance).Health.ShouldBe(InstanceHealth.Unhealthy);
        RoundTrip(new LogLine { Time = Time, Service = "web", Instance = "i", Stream = LogStream.Error, Text = "\u001b[31m<&>" }, ModelJson.Default.LogLine).Text.ShouldBe("\u001b[31m<&>");
        RoundTrip(new ReleaseStatus { Number = 1, Standing = Standing.Warm, Slot = Slot.Blue, Created = Time, Images = new Dictionary<string, string>(), Changed = ["web"] }, ModelJson.Default.ReleaseStatus)
            .Standing.ShouldBe(Standing.Warm);
        RoundTrip(new Diagnostic { Message = "m", Severity = Severity.Warning, Line = 3 }, ModelJson.Default.Diagnostic)
            .ShouldBe(new Diagnostic { Message = "m", Severity = Severity.Warning, Line = 3 });
    }

    public static TheoryData<RolloutEvent, string> Events { get; } = new()
    {
        { new RolloutEvent.StateChanged { Time = Time, State = RolloutState.Holding, Release = 2 }, "state" },
        { new RolloutEvent.Note { Time = Time, Text = "t", Severity = Severity.Warning }, "note" },
        { new RolloutEvent.BuildStep { Time = Time, Service = "web", Step = "s", Name = "n", State = BuildStepState.Cached, Seconds = 0.5 }, "build-step" },
        { new RolloutEvent.BuildOutput { Time = Time, Service = "web", Step = "s", Text = "t" }, "build-output" },
        { new RolloutEvent.Pushed { Time = Time, Service = "web", Image = "i" }, "pushed" },
        { new RolloutEvent.InstanceChanged { Time = Time, Service = "web", Instance = "i", State = "ready" }, "instance" },
    };

    [Theory]
    [MemberData(nameof(Events))]
    public void RolloutEvent_AnyCase_ComesBackAsItself(RolloutEvent written, string type)
    {
        var json = JsonSerializer.Serialize(written, ModelJson.Default.RolloutEvent);
        JsonDocument.Parse(json).RootElement.GetProperty("type").GetString().ShouldBe(type);
        JsonSerializer.Deserialize(json, ModelJson.Default.RolloutEvent).ShouldBe(written);
    }

    [Fact]
    public void Enums_AreWords()
    {
        var json = JsonSerializer.Serialize(Release, ModelJson.Default.Release);
        json.ShouldContain("\"slot\":\"green\"", Case.Sensitive);
        json.ShouldContain("\"strategy\":\"blue-green\"", Case.Sensitive);
        json.ShouldContain("\"kind\":\"Volume\"", Case.Sensitive);
        json.ShouldContain("\"condition\":\"CompletedSuccessfully\"", Case.Sensitive);
        json.ShouldNotContain("isRouted");
        json.ShouldNotContain("isStateful");
    }

    static T RoundTrip<T>(T value, JsonTypeInfo<T> type)
    {
        var json = JsonSerializer.Serialize(value, type);
        var read = JsonSerializer.Deserialize(json, type)!;
        JsonSerializer.Serialize(read, type).ShouldBe(json);
        return read;
    }
}
