using Slipway.Model;
using Slipway.Releases.Compose;
using Slipway.Releases.Previewing;

namespace Slipway.Releases.Tests.Compose;

public sealed class ListenReadingTests
{
    [Fact]
    public void Listen_Full_IsReadAndTheServiceGetsConnectionsAlone()
    {
        var service = ComposeFolder.Service("""
            ports: ["127.0.0.1:6379:6379", "9000:9000/udp"]
            x-release:
              listen:
                - {tcp: 5433, port: 5432, address: 10.0.0.5, preview: 15433, proxy: v2, max: 500, idle: 10m}
                - {udp: 53, idle: 5s}
                - 6379
                - 8125:9125/udp
              addresses: {allow: 10.0.0.0/8}
              timeouts: {connect: 2s}
              drain: {connections: 5m}
            """);
        var release = service.Release;
        release.Listen.ShouldBe(
        [
            new StreamPort { Protocol = StreamProtocol.Tcp, Address = "10.0.0.5", Port = 5433, Target = 5432, Preview = 15433, Proxy = ProxyProtocol.V2, Max = 500, Idle = TimeSpan.FromMinutes(10) },
            new StreamPort { Protocol = StreamProtocol.Udp, Port = 53, Target = 53, Idle = TimeSpan.FromSeconds(5) },
            // As ports has it: at that address, and no longer a port of the engine.
            new StreamPort { Protocol = StreamProtocol.Tcp, Address = "127.0.0.1", Port = 6379, Target = 6379 },
            new StreamPort { Protocol = StreamProtocol.Udp, Port = 8125, Target = 9125 },
        ]);
        service.Ports.ShouldBe([new PortModel { Published = 9000, Target = 9000, Protocol = "udp" }]);
        (release.IsRouted, release.Hosts.Count, release.Port).ShouldBe((true, 0, 5432));
        (release.Drain.Connections, release.Drain.Requests).ShouldBe((TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(30)));
        release.Route!.Addresses!.Allow.ShouldBe(["10.0.0.0/8"]);
        release.Route.Timeouts!.Connect.ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData("x-release: {listen: {tcp: 5672}, host: mq.example.com, port: 15672}", "mq.example.com", 15672)]
    [InlineData("ports: ['15672:15672']\nx-release: {listen: {tcp: 5672}}", "web.shop.localhost", 15672)]
    public void Listen_BesideRequests_HasBoth(string keys, string host, int port)
    {
        var release = ComposeFolder.Service(keys).Release;
        (release.Hosts.Single(), release.Port, release.Listen.Single().Port).ShouldBe((host, port, 5672));
    }

    [Fact]
    public void Listen_OnWhatPortsPublishes_HoldsNoPortOfTheHost_SoThatTwoVersionsRunAtOnce()
    {
        var release = ComposeFolder.Service("ports: ['6379:6379']\nx-release: {listen: [6379], strategy: blue-green}").Release;
        release.Strategy.ShouldBe(Strategy.BlueGreen);
        using var folder = new ComposeFolder("services: {web: {image: redis, ports: ['6379:6379'], x-release: {listen: [6379]}}}");
        folder.Check().Keys.Single(k => k.Key == "services.web.ports").Note.ShouldBe("through the gateway as it comes: 6379/tcp");
    }

    [Theory]
    [InlineData("listen: [{port: 53}]", "neither tcp nor udp says on which port")]
    [InlineData("listen: [{tcp: 53, udp: 53}]", "tcp and udp stand in one entry")]
    [InlineData("listen: [{tcp: 70000}]", "'70000' is no number that fits")]
    [InlineData("listen: [{udp: 53, proxy: v1}]", "datagrams have no PROXY header")]
    [InlineData("listen: [{tcp: 53, proxy: v3}]", "'v3' is no version of the PROXY protocol")]
    [InlineData("listen: [{tcp: 53, address: here}]", "'here' is no address")]
    [InlineData("listen: [{tcp: 53, idle: 0s}]", "it must be longer than nothing")]
    [InlineData("listen: ['53/sctp']", "sctp is not passed on")]
    [InlineData("listen: []", "there is no port")]
    [InlineData("listen: [{tcp: 53}, {tcp: 54, preview: 53}]", "the host's port 53 is published twice, by 'web' and by 'web'")]
    [InlineData("listen: [53], rate: 100/m", "'rate' is about requests, and 'web' gets connections alone")]
    [InlineData("listen: [53], timeouts: {idle: 5s}", "'timeouts.idle' is about requests, and 'web' gets connections alone")]
    [InlineData("listen: [53/udp], ready: {http: /up}", "no port of the service takes a request")]
    [InlineData("listen: [53], strategy: ab, ab: {share: 50%}", "an experiment counts what users do by their requests, and 'web' gets connections alone")]
    [InlineData("listen: [53], strategy: canary, judge: {checks: [{p99: 100ms}]}", "p99 is the time of answers, and 'web' gets connections alone")]
    [InlineData("listen: [53], strategy: blue-green, match: [{header: {X-Preview: '1'}}]", "'web' gets connections alone, which are told by their client's address")]
    [InlineData("listen: [53], strategy: canary, steps: [{mirror: 5%, for: 1m}, {weight: 100%}]", "a connection can't be copied, and 'web' gets connections alone")]
    [InlineData("listen: [{tcp: 53, max: 0}]", "'0' is no number that fits")]
    [InlineData("listen: [53], max-connections: 5", "'max-connections' is about requests, and 'web' gets connections alone")]
    public void Listen_Wrong_IsToldOf(string keys, string message)
    {
        using var folder = new ComposeFolder($"services: {{web: {{image: x, x-release: {{{keys}}}}}}}");
        folder.Errors().Select(e => e.Message).ShouldBe([message]);
    }

    [Fact]
    public void Listen_OfTwoServicesOrOfTheFile_IsToldOf()
    {
        using var folder = new ComposeFolder("""
            x-release: {listen: [53]}
            services:
              one: {image: x, x-release: {listen: [{tcp: 53}, {udp: 53}]}}
              two: {image: x, x-release: {listen: [{udp: 53, address: 127.0.0.1}]}}
            """);
        folder.Errors().Select(e => e.Message).ShouldBe(["a port belongs to one service", "the host's port 53 is published twice, by 'one' and by 'two'"]);
    }

    [Fact]
    public void Canary_OfConnectionsAlone_IsJudgedByErrorsAndRestarts_AndBesideRequestsByAll()
    {
        using var alone = new ComposeFolder("services: {db: {image: x, x-release: {listen: [5432], strategy: canary}}}");
        alone.Read().Find("db")!.Release.Canary!.Judge.Checks.Select(c => c.Measure).ShouldBe([JudgeMeasure.Errors, JudgeMeasure.Restarts]);
        using var both = new ComposeFolder("""
            x-release: {strategy: canary}
            services:
              web: {image: x, ports: ["80"]}
              db: {image: x, x-release: {listen: [5432]}}
            """);
        both.Read().Services.ShouldAllBe(s => s.Release.Canary!.Judge.Checks.Count == 3);
    }

    [Fact]
    public void Preview_OfABranch_TakesNoPortOfTheMachine()
    {
        using var folder = new ComposeFolder("services: {db: {image: x, x-release: {listen: [5432]}}}");
        var model = folder.Read();

        var (made, notes) = PreviewModel.Make(model, model, new PreviewPlace { Of = model.Name, Name = PreviewName.Of("pr-1", model.Name), Folder = folder.Folder });

        made.Find("db")!.Release.IsRouted.ShouldBeFalse();
        notes.ShouldContain("db takes no port of the machine in a preview (5432/tcp): it is reached at the name db, by the other services alone.");
    }
}
