using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Slipway.Model;
using static Slipway.Gateway.Tests.Streams.Backends;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Streams;

public sealed class StreamSwitchTests
{
    [Fact]
    public async Task Publish_Under50OpenConnections_TheyStayAndNewOnesGoToTheNewSide()
    {
        await using var blue = Echo("blue");
        await using var green = Echo("green");
        await using var gateway = await Start();
        var port = FreePort();
        await gateway.Publish(To(port, Routes.To(1, 1, blue)));
        var old = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Connect(port)));
        foreach (var client in old) (await client.Ask("1")).ShouldBe("blue:1");
        (await gateway.Open("blue")).ShouldBe(50);

        await gateway.Publish(To(port, Routes.To(2, 1, green)));

        for (var i = 0; i < 20; i++) (await Who(port)).ShouldBe("green");
        foreach (var client in old) (await client.Ask("2")).ShouldBe("blue:2");
        (await gateway.Open("blue")).ShouldBe(50);
        foreach (var client in old) client.Dispose();
        await Eventually.Holds(async () => await gateway.Instance("blue") is null);
        var counted = await gateway.Counted(1);
        (counted.Requests, counted.Failed).ShouldBe((50, 0));
    }

    /// <summary>The promise of a switch, for connections.</summary>
    [Fact]
    public async Task Publish_UnderNewConnections_NothingBegunAfterwardsReachesTheOldSide()
    {
        await using var blue = Echo("blue");
        await using var green = Echo("green");
        await using var gateway = await Start();
        var port = FreePort();
        Route Side(bool isBlue) => To(port, Routes.To(isBlue ? 1 : 2, 1, isBlue ? blue : green));
        await gateway.Publish(Side(true));
        // Even: settled, blue at multiples of four. Odd: a switch is going on.
        var (phase, asked) = (0, 0);
        var wrong = new ConcurrentQueue<string>();
        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var before = Volatile.Read(ref phase);
                var name = await Who(port);
                Interlocked.Increment(ref asked);
                if (name is not ("blue" or "green") || (before % 2 == 0 && Volatile.Read(ref phase) == before && name != (before % 4 == 0 ? "blue" : "green"))) wrong.Enqueue($"{name} in phase {before}");
            }
        }, Cancel)).ToList();

        for (var i = 1; i <= 40; i++)
        {
            Interlocked.Increment(ref phase);
            await gateway.Publish(Side(i % 2 == 0));
            Interlocked.Increment(ref phase);
            var target = Volatile.Read(ref asked) + 10;
            await Eventually.Holds(() => Task.FromResult(Volatile.Read(ref asked) >= target));
        }
        await stop.CancelAsync();
        await Task.WhenAll(load);

        wrong.ShouldBeEmpty();
        (await gateway.Counted(1)).Failed.ShouldBe(0);
        (await gateway.Counted(2)).Failed.ShouldBe(0);
    }

    [Fact]
    public async Task Drain_Over_CutsTheOldConnectionsAndARollbackBeforeItDoesNot()
    {
        await using var blue = Echo("blue");
        await using var green = Echo("green");
        await using var gateway = await Start();
        var port = FreePort();
        Route Side(int release, RawUpstream side, double drain) => To(port, Routes.To(release, 1, side)).With(s => s with { Drain = TimeSpan.FromSeconds(drain) });
        await gateway.Publish(Side(1, blue, 60));
        using var client = await Connect(port);
        (await client.Ask("1")).ShouldBe("blue:1");

        await gateway.Publish(Side(2, green, 2));
        await Task.Delay(1100, Cancel);
        await gateway.Publish(Side(1, blue, 2));
        // Past what its time would have been.
        await Task.Delay(2500, Cancel);
        (await client.Ask("2")).ShouldBe("blue:2");
        await gateway.Publish(Side(2, green, 0));

        (await client.Next()).ShouldBe("reset");
        await Eventually.Holds(async () => await gateway.Instance("blue") is null);
        (await gateway.Counted(1)).Failed.ShouldBe(0);
    }

    [Fact]
    public async Task Connection_WithoutAnInstance_WaitsForTheNextOne()
    {
        await using var next = Echo("next");
        await using var gateway = await Start();
        var port = FreePort();
        await gateway.Publish(To(port));
        using var client = await Connect(port);
        var answer = client.Ask("hello");
        await Task.Delay(300, Cancel);
        answer.IsCompleted.ShouldBeFalse();

        await gateway.Publish(To(port, Routes.To(2, 1, next)));

        (await answer).ShouldBe("next:hello");
    }

    [Fact]
    public async Task Split_ByAddress_KeepsAClientOnItsSideAndMovesThemForwardOnly()
    {
        await using var old = Echo("old");
        await using var next = Echo("next");
        await using var gateway = await Start();
        var port = FreePort();
        var clients = Enumerable.Range(2, 120).Select(i => $"127.0.1.{i}").ToList();
        Task Share(int weight) => gateway.Publish(To(port, Routes.To(1, 10000 - weight, old), Routes.To(2, weight, next)) with { Split = Splits.On(2) });
        async Task<HashSet<string>> OnNext()
        {
            var sides = await Task.WhenAll(clients.Select(async c => (Client: c, Side: await Who(port, c))));
            return [.. sides.Where(s => s.Side == "next").Select(s => s.Client)];
        }

        await Share(2500);
        var first = await OnNext();
        var again = await OnNext();
        await Share(6000);
        var more = await OnNext();

        again.ShouldBe(first, ignoreOrder: true);
        first.Count.ShouldBeInRange(15, 48);
        more.Count.ShouldBeInRange(54, 92);
        first.IsSubsetOf(more).ShouldBeTrue();
    }

    [Fact]
    public async Task Match_ByAddress_SeesTheNewReleaseAndIsCountedApart()
    {
        await using var old = Echo("old");
        await using var next = Echo("next");
        await using var gateway = await Start();
        var port = FreePort();
        var split = Splits.On(2) with
        {
            Match = [new RequestMatch { Addresses = ["127.0.0.9/32"] }, new RequestMatch { Headers = [new ValueCondition { Name = "X-Preview", Value = "1" }] }],
        };
        await gateway.Publish(To(port, Routes.To(1, 10000, old), Routes.To(2, 0, next)) with { Split = split });

        (await Who(port)).ShouldBe("old");
        (await Who(port, "127.0.0.9")).ShouldBe("next");

        (await gateway.Counted(2, isMatched: true)).Requests.ShouldBe(1);
        (await gateway.Counted(2)).Requests.ShouldBe(0);
    }

    [Fact]
    public async Task Port_FollowsTheTablesAndSurvivesARestart()
    {
        await using var one = Echo("one");
        await using var http = await Backend.Start("http");
        var (folder, port) = (NewFolder(), FreePort());
        await using (var gateway = await Start(folder))
        {
            await gateway.Publish(To(port, Routes.To(1, 1, one)));
            (await Who(port)).ShouldBe("one");
            // The same port for requests, and back.
            await gateway.Publish(Routes.To("web.test", http) with { Ports = [new GatewayPort(Loopback, port)] });
            using (var client = new HttpClient(new SocketsHttpHandler { UseProxy = false })) (await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/"), Cancel)).ShouldBe("http");
            await gateway.Publish(To(port, Routes.To(1, 1, one)));
            await gateway.Stop();
        }
        await using var second = await Start(folder);

        (await Who(port)).ShouldBe("one");
        (await second.Control.Report(Cancel)).Listening.ShouldContain($"127.0.0.1:{port}/tcp");
        await second.Publish();
        await Should.ThrowAsync<SocketException>(() => Connect(port));
    }

    [Fact]
    public async Task Port_TakenBySomebodyElse_IsReportedAndOpenedWhenItIsFree()
    {
        await using var one = Echo("one");
        await using var gateway = await Start();
        var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        await gateway.Publish(To(port, Routes.To(1, 1, one)));

        (await gateway.Control.Report(Cancel)).NotListening[$"127.0.0.1:{port}/tcp"].ShouldContain($"Port {port} is in use by");
        taken.Dispose();
        await Eventually.Holds(async () => (await gateway.Control.Report(Cancel)).NotListening.Count == 0);
        (await Who(port)).ShouldBe("one");
    }

    [Fact]
    public async Task Stop_WithIdleConnections_WaitsForNone()
    {
        await using var one = Echo("one");
        await using var gateway = await Start(change: options => options with { StopTimeout = TimeSpan.FromMinutes(5) });
        var port = FreePort();
        await gateway.Publish(To(port, Routes.To(1, 1, one)));
        using var client = await Connect(port);
        (await client.Ask("1")).ShouldBe("one:1");

        await gateway.Stop();

        (await client.Next()).ShouldBe("reset");
    }
}
