using Slipway.Model;

namespace Slipway.Releases.Tests.Reconciling;

/// <summary>A service that is reached by connections: its routes, and how its old version is let go of.</summary>
public sealed class StreamTests : IAsyncLifetime
{
    readonly World _world = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;
    readonly FakeCrowd _crowd;

    public StreamTests() => _world.Gateways.Crowd = _crowd = new FakeCrowd(_world.Time);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task FirstRelease_HasARouteForEachPort()
    {
        var model = Model(Strategy.BlueGreen, change: r => r with
        {
            Route = new RoutePolicy { Addresses = new AddressRules { Allow = ["10.0.0.0/8"] } },
            Listen = [.. r.Listen.Select(l => l with { Max = 9 }), new StreamPort { Protocol = StreamProtocol.Udp, Port = 53, Target = 5353, Idle = TimeSpan.FromSeconds(5) }],
        });
        await _world.Reaches((await _world.Deploy(model, 1)).Rollout, RolloutState.Done);

        var routes = _world.Gateways.Table.Routes;
        routes.Select(r => r.Stream! with { Addresses = null }).ShouldBe(
        [
            new StreamRoute { Protocol = StreamProtocol.Tcp, Port = 5432, MaxConnections = 9, Drain = Drain, Proxy = ProxyProtocol.V2 },
            new StreamRoute { Protocol = StreamProtocol.Udp, Port = 53, Drain = Drain, Idle = TimeSpan.FromSeconds(5) },
        ]);
        routes.ShouldAllBe(r => r.Stream!.Addresses!.Allow.Single() == "10.0.0.0/8");
        routes.Select(r => (r.Hosts.Count, r.Destinations.Single().Release, r.Destinations.Single().Upstreams.Single().Port)).ShouldBe([(0, 1, 15432), (0, 1, 5353)]);
        _world.Queries.App(Sample.App)!.Urls.ShouldBe(["tcp://localhost:5432", "udp://localhost:53"]);
    }

    [Fact]
    public async Task BlueGreen_Promoted_KeepsTheOldInstanceUntilItsConnectionsHaveEnded()
    {
        // Nothing warm: the old one is stopped as soon as it may be.
        var model = Model(Strategy.BlueGreen, change: r => r with { Keep = new KeepPolicy { Warm = TimeSpan.Zero } });
        await _world.Reaches((await _world.Deploy(model, 1)).Rollout, RolloutState.Done);
        var old = _world.Engine.All.Single(i => i.Name == "shop.web.v1.1");
        var (rollout, _) = await _world.Deploy(model, 2);
        await _world.Reaches(rollout, RolloutState.Holding);
        Serving().ShouldBe([1]);
        _world.Queries.App(Sample.App)!.PreviewUrls.ShouldBe(["tcp://localhost:25432"]);
        Streams(isPreview: true).Single().ShouldBe((25432, 2));
        _world.Gateways.Connections[old.Id] = 3;

        await _world.Rollouts.Promote(Sample.App, _cancel);
        await _world.Until(() => Serving() is [2], "connections go to v2");
        await _world.For(Drain - TimeSpan.FromSeconds(10));
        _world.Running().ShouldContain("shop.web.v1.1");
        _world.Gateways.Connections[old.Id] = 0;
        await _world.Until(() => !_world.Running().Contains("shop.web.v1.1"), "nothing is in flight: it is stopped");
        _world.Time.Now.ShouldBeLessThan(_world.Queries.Rollout(rollout.Id)!.Created + Drain + TimeSpan.FromMinutes(1));
        Streams(isPreview: true).ShouldBeEmpty();
    }

    [Fact]
    public async Task Rolling_ConnectionsThatNeverEnd_AreGivenTheDrainTimeAndNoMore()
    {
        await _world.Reaches((await _world.Deploy(Model(Strategy.Rolling), 1)).Rollout, RolloutState.Done);
        _world.Gateways.Connections[_world.Engine.All.Single(i => i.Name == "shop.web.v1.1").Id] = 1;
        var (rollout, _) = await _world.Deploy(Model(Strategy.Rolling), 2);
        await _world.Until(() => Serving() is [2], "connections go to v2");
        var began = _world.Time.Now;

        await _world.Until(() => !_world.Running().Contains("shop.web.v1.1"), "its time is over", passes: 3000);

        (_world.Time.Now - began).ShouldBeInRange(Drain - TimeSpan.FromSeconds(1), Drain + TimeSpan.FromSeconds(5));
        await _world.Reaches(rollout, RolloutState.Done);
    }

    [Fact]
    public async Task Canary_OfConnections_SharesThemAndIsTakenBackWhereTheyFail()
    {
        var model = Model(Strategy.Canary, change: r => r with { Canary = Sample.Canary with { Judge = new JudgePolicy { Checks = [new JudgeCheck { Measure = JudgeMeasure.Errors, Limit = 0.01 }] } } });
        await _world.Reaches((await _world.Deploy(model, 1)).Rollout, RolloutState.Done);
        _crowd.Errors[2] = 0.5;
        var (rollout, _) = await _world.Deploy(model, 2);
        await _world.Until(() => Live().Destinations.Count == 2, "both have a share");

        Live().Destinations.Select(d => (d.Release, d.Weight, d.Upstreams.Single().Port)).ShouldBe([(1, 9000, 15432), (2, 1000, 15432)]);
        Live().Split!.Sticky.ShouldBe(StickyKind.User);
        await _world.Reaches(rollout, RolloutState.RolledBack);
        Serving().ShouldBe([1]);
        _world.Queries.Rollout(rollout.Id)!.Error!.ShouldContain("errors 50%");
    }

    [Fact]
    public async Task Match_ByAddress_IsAllThatConnectionsHave()
    {
        RequestMatch header = new() { Headers = [new ValueCondition { Name = "X-Preview", Value = "1" }] };
        RequestMatch address = new() { Addresses = ["10.0.0.0/8"] };
        await _world.Reaches((await _world.Deploy(Model(Strategy.BlueGreen, change: r => r with { Match = [header, address] }), 1)).Rollout, RolloutState.Done);
        var (rollout, _) = await _world.Deploy(Model(Strategy.BlueGreen, change: r => r with { Match = [header, address] }), 2);
        await _world.Reaches(rollout, RolloutState.Holding);
        MatchRules.AreSame(Live().Split!.Match, [address]).ShouldBeTrue();
        Live().Destinations.Select(d => (d.Release, d.Weight)).ShouldBe([(1, 10000), (2, 0)]);

        await _world.Rollouts.Abort(Sample.App, _cancel);
        await _world.Reaches(rollout, RolloutState.RolledBack);
        var (second, _) = await _world.Deploy(Model(Strategy.BlueGreen, change: r => r with { Match = [header] }), 3);
        await _world.Reaches(second, RolloutState.Holding);
        Live().Split.ShouldBeNull("no connection has a header");
    }

    [Fact]
    public async Task ServiceThatIsCarriedOver_ListensAsTheNewFileSays()
    {
        await _world.Reaches((await _world.Deploy(Model(Strategy.BlueGreen), 1)).Rollout, RolloutState.Done);
        var (rollout, _) = await _world.Deploy(Model(Strategy.BlueGreen, change: r => r with { Listen = [r.Listen[0] with { Port = 5433 }] }), 1);
        await _world.Reaches(rollout, RolloutState.Holding);
        await _world.Rollouts.Promote(Sample.App, _cancel);
        await _world.Reaches(rollout, RolloutState.Done);

        Live().Stream!.Port.ShouldBe(5433);
        Live().Destinations.Single().Upstreams.Single().Port.ShouldBe(15432);
        _world.Running().ShouldContain("shop.web.v1.1");
    }

    [Fact]
    public async Task Ports_ThatOthersHave_AreRefusedBeforeAnythingStarts()
    {
        await _world.Reaches((await _world.Deploy(Model(Strategy.Rolling), 1)).Rollout, RolloutState.Done);
        var other = Model(Strategy.Rolling) with { Name = AppName.Parse("other") };
        Refusal(other).ShouldContain("web claims port 5432/tcp, which web of shop has");
        // A port for requests is the same port.
        Refusal(With(r => r with { Hosts = ["o.test"], Listen = [], GatewayPorts = [new GatewayPort("127.0.0.1", 5432)] })).ShouldContain("port 5432/tcp, which web of shop has");
        Refusal(With(r => r with { Listen = [r.Listen[0] with { Port = 1, Preview = 5432 }] })).ShouldContain("port 5432/tcp, which web of shop has");

        using var taken = new System.Net.Sockets.UdpClient(0);
        var port = ((System.Net.IPEndPoint)taken.Client.LocalEndPoint!).Port;
        _world.Ports = () => MachinePorts.Look(8000, 8443);
        Refusal(On(StreamProtocol.Udp, port)).ShouldContain($"web claims port {port}/udp, which another program on this machine has");
        Refusal(On(StreamProtocol.Tcp, 8443)).ShouldContain("web claims port 8443/tcp, at which the gateway takes the requests of all apps");
        Refusal(On(StreamProtocol.Tcp, 8000)).ShouldContain("web claims port 8000/tcp, at which the gateway takes the requests of all apps");
        (await Should.ThrowAsync<ConflictException>(() => _world.Deploy(On(StreamProtocol.Tcp, 8000), 1))).Message.ShouldContain("8000/tcp");
        _world.Running().ShouldBe(["shop.web.v1.1"]);

        string Refusal(AppModel model) => _world.Plans.Make(model, autoPromote: false).Blockers.Single();

        AppModel With(Func<ReleasePolicy, ReleasePolicy> change) => other with { Services = [other.Services[0] with { Release = change(other.Services[0].Release) }] };

        AppModel On(StreamProtocol protocol, int number) => With(r => r with { Listen = [new StreamPort { Protocol = protocol, Port = number, Target = 1 }] });
    }

    [Fact]
    public async Task Plan_NamesThePorts()
    {
        await _world.Reaches((await _world.Deploy(Model(Strategy.BlueGreen), 1)).Rollout, RolloutState.Done);
        var plan = _world.Plans.Make(Model(Strategy.BlueGreen, change: r => r with { Listen = [r.Listen[0] with { Port = 5433, Idle = TimeSpan.FromMinutes(1) }] }), autoPromote: false);

        plan.Places.ShouldBe([new PlannedPlace("port 5433/tcp", null, "web"), new PlannedPlace("port 5432/tcp", "web", null)]);
        plan.Services.Single(s => s.Service == "web").Changes.Select(c => (c.Key, c.Before, c.After)).ShouldBe(
            [("x-release.listen.5432/tcp", "port 15432, preview 25432, proxy v2", null), ("x-release.listen.5433/tcp", null, "port 15432, preview 25432, proxy v2, idle 1m")]);
        plan.Order.ShouldContain("it waits for slipway promote shop, seen at port 25432/tcp");
    }

    static TimeSpan Drain => TimeSpan.FromSeconds(70);

    static AppModel Model(Strategy strategy, Func<ReleasePolicy, ReleasePolicy>? change = null)
    {
        var model = Sample.Model(strategy);
        return model with
        {
            Services = [.. model.Services.Where(s => s.Name == "web").Select(s => s with
            {
                DependsOn = [],
                Release = (change ?? (r => r))(s.Release with
                {
                    Hosts = [],
                    Port = 15432,
                    Listen = [new StreamPort { Protocol = StreamProtocol.Tcp, Port = 5432, Target = 15432, Preview = 25432, Proxy = ProxyProtocol.V2 }],
                    Drain = new DrainPolicy { Requests = TimeSpan.FromSeconds(5), WebSockets = TimeSpan.FromSeconds(5), Connections = Drain },
                }),
            })],
        };
    }

    Route Live() => _world.Gateways.Table.Routes.Single(r => r is { Stream: not null, IsPreview: false });

    int[] Serving() => [.. Live().Destinations.Select(d => d.Release)];

    IEnumerable<(int Port, int Release)> Streams(bool isPreview) =>
        _world.Gateways.Table.Routes.Where(r => r.IsPreview == isPreview).Select(r => (r.Stream!.Port, r.Destinations.Single().Release));
}
