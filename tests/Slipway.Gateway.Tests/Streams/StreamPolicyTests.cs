using System.Net.Sockets;
using System.Text.Json;
using Slipway.Gateway.Logging;
using Slipway.Model;
using static Slipway.Gateway.Tests.Streams.Backends;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Streams;

public sealed class StreamPolicyTests
{
    [Fact]
    public async Task Addresses_ThatAreNotAllowed_AreTurnedAway()
    {
        await using var one = Echo("one");
        await using var gateway = await Start();
        var port = FreePort();
        await gateway.Publish(To(port, Routes.To(1, 1, one)).With(s => s with { Addresses = new AddressRules { Allow = ["127.0.0.0/30"], Deny = ["127.0.0.3/32"] } }));

        (await Who(port, "127.0.0.2")).ShouldBe("one");
        foreach (var address in (string[])["127.0.0.3", "127.0.0.4"])
        {
            using var stranger = await Connect(port, address);
            (await stranger.Next()).ShouldBe("");
        }
        (await gateway.Counted(1)).Requests.ShouldBe(1);
    }

    [Fact]
    public async Task MaxConnections_IsOfThePortAndOutlivesTheTable()
    {
        await using var one = Echo("one");
        await using var gateway = await Start();
        var (first, second) = (FreePort(), FreePort());
        Route[] Ports() => [.. new[] { first, second }.Select(port => To(port, Routes.To(1, 1, one)).With(s => s with { MaxConnections = 2 }))];
        await gateway.Publish(Ports());
        using var a = await Connect(first);
        (await a.Ask("1")).ShouldBe("one:1");
        using (var b = await Connect(first))
        {
            (await b.Ask("2")).ShouldBe("one:2");
            (await Who(second)).ShouldBe("one");
            await gateway.Publish(Ports());
            using var c = await Connect(first);
            (await c.Next()).ShouldBe("");
        }

        await Eventually.Holds(async () => await Who(first) == "one");
    }

    [Fact]
    public async Task Idle_ConnectionPastItsTime_IsEnded()
    {
        await using var one = Echo("one");
        await using var gateway = await Start();
        var port = FreePort();
        await gateway.Publish(To(port, Routes.To(1, 1, one)).With(s => s with { Idle = TimeSpan.FromSeconds(1) }));
        using var client = await Connect(port);
        (await client.Ask("1")).ShouldBe("one:1");

        (await client.Next()).ShouldBe("");

        await Eventually.Holds(async () => await gateway.Open("one") == 0);
        (await gateway.Counted(1)).Failed.ShouldBe(0);
    }

    [Fact]
    public async Task Maintenance_LetsNobodyIn()
    {
        await using var one = Echo("one");
        await using var gateway = await Start();
        var port = FreePort();
        await gateway.Publish(To(port, Routes.To(1, 1, one)) with { Maintenance = new Maintenance() });
        using var client = await Connect(port);

        (await client.Next()).ShouldBe("");

        (await gateway.Open("one")).ShouldBe(0);
    }

    [Fact]
    public async Task Table_WithWhatCantBe_IsRefusedWhole()
    {
        await using var gateway = await Start();
        var port = FreePort();

        var refused = await Should.ThrowAsync<InvalidInputException>(() => gateway.Publish(
            To(port), Routes.To("web.test") with { Ports = [new GatewayPort(Loopback, port)] },
            To(port).With(s => s with { Protocol = StreamProtocol.Udp, Proxy = ProxyProtocol.V2, Idle = TimeSpan.Zero, MaxConnections = 0 }),
            To(0).With(s => s with { Addresses = new AddressRules { Allow = ["x"] } })));

        refused.Diagnostics.Select(d => d.Key).ShouldBe(["routes[1].ports", "routes[2].stream.proxy", "routes[2].stream.maxConnections", "routes[2].stream.idle", "routes[3].stream.addresses", "routes[3].stream"]);
        (await gateway.Control.Report(Cancel)).Listening.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(AccessLogFormat.Json)]
    [InlineData(AccessLogFormat.Combined)]
    public async Task AccessLog_HasALineForEachConnectionThatEnded(AccessLogFormat format)
    {
        await using var one = Echo("one");
        var (folder, port) = (NewFolder(), FreePort());
        var file = Path.Combine(folder, "access.log");
        await using (var gateway = await Start(folder, o => o with { AccessLog = format, AccessLogFile = file }))
        {
            await gateway.Publish(To(port, Routes.To(3, 1, one)).With(s => s with { Addresses = new AddressRules { Deny = ["127.0.0.9/32"] } }));
            (await Who(port)).ShouldBe("one");
            await Eventually.Holds(async () => await gateway.Open("one") == 0);
            using var stranger = await Connect(port, "127.0.0.9");
            (await stranger.Next()).ShouldBe("");
        }

        // The one that is turned away may be written first.
        var lines = (await File.ReadAllLinesAsync(file, Cancel)).OrderBy(line => line.Contains("127.0.0.9", StringComparison.Ordinal)).ToArray();
        lines.Length.ShouldBe(2);
        if (format == AccessLogFormat.Combined)
        {
            lines[0].ShouldMatch($"^127\\.0\\.0\\.1 - - \\[[^]]+\\] \"CONNECT 127\\.0\\.0\\.1:{port} TCP\" 200 5 \"-\" \"-\" - shop/db v3 one \\d+\\.\\d{{6}} \\d+\\.\\d{{6}} - -$");
            lines[1].ShouldMatch($"^127\\.0\\.0\\.9 - - \\[[^]]+\\] \"CONNECT 127\\.0\\.0\\.1:{port} TCP\" 403 0 \"-\" \"-\" - shop/db - - - \\d+\\.\\d{{6}} - -$");
            return;
        }
        var served = JsonDocument.Parse(lines[0]).RootElement;
        (served.GetProperty("protocol").GetString(), served.GetProperty("listener").GetString(), served.GetProperty("ended").GetString()).ShouldBe(("tcp", $"127.0.0.1:{port}", "done"));
        (served.GetProperty("received").GetInt64(), served.GetProperty("bytes").GetInt64(), served.GetProperty("release").GetInt32()).ShouldBe((1, 5, 3));
        served.GetProperty("upstream").GetDouble().ShouldBeInRange(0, served.GetProperty("duration").GetDouble());
        JsonDocument.Parse(lines[1]).RootElement.GetProperty("ended").GetString().ShouldBe("forbidden");
    }
}
