using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Forwarding;

public sealed class FailureTests
{
    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task KeptConnections_BackendRestarts_NoRequestFails(string method)
    {
        await using var gateway = await Start();
        var backend = await Backend.Start("one");
        var port = backend.Port;
        await gateway.Publish(Routes.To(backend));
        using var client = gateway.Client();
        for (var i = 0; i < 5; i++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.SendAsync(
                new HttpRequestMessage(new HttpMethod(method), "/") { Content = method == "POST" ? new StringContent("body") : null }, Cancel)));
            foreach (var answer in answers) (await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe("one");
            await backend.DisposeAsync();
            backend = await Backend.Start("one", port: port);
        }
        await backend.DisposeAsync();
        (await gateway.Control.Report(Cancel)).Releases.Single().Failed.ShouldBe(0);
    }

    [Fact]
    public async Task Instance_RefusesConnections_AnotherOneAnswers()
    {
        var dead = await Backend.Start("dead");
        await dead.DisposeAsync();
        await using var alive = await Backend.Start("alive");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(dead, alive));
        using var client = gateway.Client();

        for (var i = 0; i < 10; i++)
        {
            (await client.GetStringAsync("/", Cancel)).ShouldBe("alive");
            using var posted = await client.PostAsync("/", new StringContent("x"), Cancel);
            posted.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Instances_AllRefuse_Answers502()
    {
        var dead = await Backend.Start("dead");
        await dead.DisposeAsync();
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(dead));

        using var answer = await gateway.Client().GetAsync("/", Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        answer.Headers.GetValues("X-Slipway-Error").ShouldBe(["refused"]);
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldContain("shop/web");
        (await gateway.Control.Report(Cancel)).Releases.Single().Failed.ShouldBe(1);
        await gateway.IsIdle("dead");
    }

    [Fact]
    public async Task Post_UnansweredAfterItsBody_IsNotSentAgain()
    {
        var requests = 0;
        await using var upstream = new RawUpstream(async socket =>
        {
            await RawUpstream.ReadHead(socket);
            Interlocked.Increment(ref requests);
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(upstream));

        (await gateway.Raw("POST / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")).ShouldContain("X-Slipway-Error: broken");
        requests.ShouldBe(1);
    }

    [Fact]
    public async Task Answer_TakesTooLong_Answers504()
    {
        await using var upstream = new RawUpstream(async socket =>
        {
            await RawUpstream.ReadHead(socket);
            await RawUpstream.ReadToEnd(socket, Cancel);
        });
        await using var gateway = await Start(change: o => o with { AnswerTimeout = TimeSpan.FromMilliseconds(50) });
        await gateway.Publish(Routes.To(upstream));

        using var get = await gateway.Client().GetAsync("/", Cancel);
        get.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        get.Headers.GetValues("X-Slipway-Error").ShouldBe(["timeout"]);
        using var post = await gateway.Client().PostAsync("/", new StringContent("x"), Cancel);
        post.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalfXX")]
    public async Task Answer_BreaksOff_NeverLooksWhole(string half)
    {
        await using var upstream = RawUpstream.Answering(half);
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(upstream));

        await Should.ThrowAsync<HttpRequestException>(() => gateway.Client().GetStringAsync("/", Cancel));
        await Should.ThrowAsync<HttpRequestException>(() => gateway.Client(version: HttpVersion.Version20).GetStringAsync("/", Cancel));
        (await gateway.Control.Report(Cancel)).Releases.Single().Failed.ShouldBe(2);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 2\n\nok")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("HTTP/2.0 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\r\n folded\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\nb\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nX y: a\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nX : a\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Len")]
    public async Task Answer_IsNoHttp_Answers502(string nonsense)
    {
        await using var upstream = RawUpstream.Answering(nonsense);
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(upstream));

        using var answer = await gateway.Client().GetAsync("/", Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        answer.Headers.GetValues("X-Slipway-Error").ShouldBe(["broken"]);
        answer.Headers.Contains("X").ShouldBeFalse();
    }

    [Fact]
    public async Task Answer_HeadWithoutEnd_IsCutAtItsLimit()
    {
        await using var upstream = new RawUpstream(async socket =>
        {
            await RawUpstream.ReadHead(socket);
            await socket.SendAsync("HTTP/1.1 200 OK\r\n"u8.ToArray());
            var line = Encoding.ASCII.GetBytes($"X: {new string('a', 8000)}\r\n");
            try
            {
                while (true) await socket.SendAsync(line);
            }
            catch (SocketException)
            {
                // As it should: the gateway hung up.
            }
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(upstream));
        using var answer = await gateway.Client().GetAsync("/", Cancel);
        answer.Headers.GetValues("X-Slipway-Error").ShouldBe(["broken"]);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Client_GoesAway_InstanceIsFree(string version)
    {
        var arrived = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using var backend = await Backend.Start("slow", async context =>
        {
            context.RequestAborted.Register(() => aborted.SetResult());
            arrived.SetResult();
            await aborted.Task;
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend));
        using var leave = new CancellationTokenSource();
        var request = gateway.Client(version: Version.Parse(version)).GetAsync("/", leave.Token);
        await arrived.Task;

        await leave.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => request);
        await aborted.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        await Eventually.Holds(async () => await gateway.Instance("slow") is { InFlight: 0 });
        (await gateway.Control.Report(Cancel)).Releases.Single().Failed.ShouldBe(0);
    }
}
