using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Slipway.Gateway.Mirroring;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Mirroring;

/// <summary>A release that answers badly or not at all: whoever asks the live one sees nothing of it.</summary>
public sealed class BadMirrorTests : IAsyncLifetime
{
    Backend _live = null!;
    TestGateway _gateway = null!;
    HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _live = await Backend.Start("live");
        _gateway = await Start();
        _client = _gateway.Client();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _gateway.DisposeAsync();
        await _live.DisposeAsync();
    }

    [Fact]
    public async Task NeverAnswers_EveryClientIsServed_WithABoundOfCopiesUnderWay_AndTheOthersAreDropped()
    {
        var (open, most) = (0, 0);
        var held = new TaskCompletionSource();
        await using var silent = new RawUpstream(async socket =>
        {
            await RawUpstream.ReadHead(socket);
            lock (held) most = Math.Max(most, ++open);
            await held.Task;
            lock (held) open--;
        }, "next");
        await Publish(silent);

        // While not one copy is answered: had a single client to wait for one, this would not end.
        await Serve(CompiledMirror.Most * 3);

        await Eventually.Holds(() => Task.FromResult(most == CompiledMirror.Most));
        var copies = await Mirrored();
        (copies.Requests, copies.Dropped).ShouldBe((0, CompiledMirror.Most * 2));
        (await _gateway.Instance("next"))!.InFlight.ShouldBe(CompiledMirror.Most);

        held.SetResult();
        await Eventually.Holds(async () => (await _gateway.Instance("next"))!.InFlight == 0);
        copies = await Mirrored();
        (copies.Requests, copies.Failed).ShouldBe((CompiledMirror.Most, CompiledMirror.Most));
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno chunk at all\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")]
    public async Task AnswersBadly_ClientsAreServed_AndTheCopyHasFailed(string answer)
    {
        await using var broken = new RawUpstream(async socket =>
        {
            await RawUpstream.ReadHead(socket);
            if (answer.Length > 0) await socket.SendAsync(Encoding.Latin1.GetBytes(answer));
            socket.LingerState = new LingerOption(true, 0);
        }, "next");
        await Publish(broken);

        await Serve(20);

        await Eventually.Holds(async () => (await Mirrored()).Requests == 20);
        var copies = await Mirrored();
        (copies.Failed, copies.Times.Failed!.Sum(), copies.Times.Success).ShouldBe((20, 20, null));
    }

    [Fact]
    public async Task RefusesConnections_ClientsAreServed_AndTheCopiesHaveFailed()
    {
        var gone = new RawUpstream(_ => Task.CompletedTask, "next");
        await gone.DisposeAsync();
        await Publish(gone);
        await Serve(20);
        await Eventually.Holds(async () => (await Mirrored()).Failed == 20);
    }

    [Fact]
    public async Task RefusesConnections_OneOfTwoInstances_TheOtherIsAsked_AndNoCopyHasFailed()
    {
        var gone = new RawUpstream(_ => Task.CompletedTask, "gone");
        await gone.DisposeAsync();
        await using var next = await Backend.Start("next");
        await Publish(gone, next);
        await Serve(20);
        await Eventually.Holds(async () => (await Mirrored()).Requests == 20);
        var copies = await Mirrored();
        (copies.ByClass[2], copies.Failed).ShouldBe((20, 0));
    }

    [Fact]
    public async Task NeverAnswers_RouteSaysHowLongAnAnswerMayTake_TheCopyWaitsForAsLong()
    {
        await using var silent = new RawUpstream(async socket =>
        {
            await RawUpstream.ReadHead(socket);
            await RawUpstream.ReadToEnd(socket, CancellationToken.None);
        }, "next");
        await _gateway.Publish(Routes.To(_live) with { Mirror = Of(silent), Policy = new RoutePolicy { Timeouts = new UpstreamTimeouts { Answer = TimeSpan.FromMilliseconds(200) } } });
        await Serve(1);
        await Eventually.Holds(async () => (await Mirrored()).Failed == 1);
        // Without the route's word it would be the gateway's minute.
        var slowest = (await Mirrored()).Times.Failed!.Index().Last(bucket => bucket.Item > 0).Index;
        ReleaseTraffic.LatencyBuckets[slowest].ShouldBeLessThan(8000);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n")]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nto the end")]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    public async Task AnswersInPieces_TheCopyIsRead_AndOneConnectionServesTheNextWhereItMay(string answer)
    {
        var connections = 0;
        await using var slow = new RawUpstream(async socket =>
        {
            Interlocked.Increment(ref connections);
            while ((await RawUpstream.ReadHead(socket)).Length > 0)
            {
                foreach (var piece in Encoding.Latin1.GetBytes(answer)) await socket.SendAsync(new[] { piece });
                if (answer.StartsWith("HTTP/1.0", StringComparison.Ordinal)) return;
            }
        }, "next");
        await Publish(slow);

        for (var i = 1; i <= 3; i++)
        {
            await Serve(1);
            await Eventually.Holds(async () => (await Mirrored()).Requests == i);
        }

        (await Mirrored()).ByClass[2].ShouldBe(3);
        connections.ShouldBe(answer.StartsWith("HTTP/1.0", StringComparison.Ordinal) ? 3 : 1);
    }

    [Fact]
    public async Task KeptConnectionThatTheInstanceCloses_IsNoFailure()
    {
        // Closed at the moment that the next request comes: what a check before it can't see.
        await using var closing = new RawUpstream(async socket =>
        {
            await RawUpstream.ReadHead(socket);
            await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
            await RawUpstream.ReadHead(socket);
        }, "next");
        await Publish(closing);
        for (var i = 1; i <= 6; i++)
        {
            await Serve(1);
            await Eventually.Holds(async () => (await Mirrored()).Requests == i);
        }
        (await Mirrored()).Failed.ShouldBe(0);
    }

    [Fact]
    public async Task Drain_CopiesUnderWay_AreSeenInFlightUntilTheyEnd()
    {
        var held = new TaskCompletionSource();
        await using var slow = await Backend.Start("next", async context =>
        {
            await held.Task;
            await context.Response.WriteAsync("late");
        });
        await Publish(slow);
        await Serve(5);
        await Eventually.Holds(async () => (await _gateway.Instance("next"))?.InFlight == 5);

        // Its routes are gone, and whoever stops it waits for these.
        await _gateway.Publish(Routes.To(_live));
        (await _gateway.Instance("next"))!.InFlight.ShouldBe(5);
        held.SetResult();
        await Eventually.Holds(async () => await _gateway.Instance("next") is null);
        (await Mirrored()).ByClass[2].ShouldBe(5);
    }

    [Fact]
    public async Task ClientThatLeaves_DoesNotEndItsCopy()
    {
        var held = new TaskCompletionSource();
        await using var live = await Backend.Start("live", context => held.Task);
        await using var next = await Backend.Start("next", async context =>
        {
            await held.Task;
            await context.Response.WriteAsync("late");
        });
        await _gateway.Publish(Routes.To(live) with { Mirror = Of(next) });
        using (var socket = await _gateway.Connect(Cancel))
        {
            await socket.SendAsync("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n"u8.ToArray(), Cancel);
            await Eventually.Holds(async () => (await _gateway.Instance("next"))?.InFlight == 1);
        }
        await Eventually.Holds(async () => (await _gateway.Instance("live"))!.InFlight == 0);
        held.SetResult();
        await Eventually.Holds(async () => (await Mirrored()).ByClass[2] == 1);
    }

    Task Publish(params RunningBackend[] next) => _gateway.Publish(Routes.To(_live) with { Mirror = Of(next) });

    static RouteMirror Of(params RunningBackend[] next) => new() { Release = 2, Share = CanaryPolicy.AllRequests, Upstreams = Routes.To(2, 1, next).Upstreams };

    async Task Serve(int requests)
    {
        for (var i = 0; i < requests; i++) (await _client.GetStringAsync("/", Cancel)).ShouldBe("live");
    }

    async Task<MirroredTraffic> Mirrored() => (await _gateway.Control.Report(Cancel)).Releases.Single(r => r.Release == 2).Mirrored!;
}
