using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Policies;

public sealed class LimitTests
{
    [Fact]
    public async Task MaxBody_LargerBody_Is413_KnownOrCounted()
    {
        await using var backend = await Backend.Start("one", async context =>
        {
            var length = 0;
            var buffer = new byte[4096];
            while (await context.Request.Body.ReadAsync(buffer) is var read and > 0) length += read;
            await context.Response.WriteAsync($"{length}");
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend) with { Policy = new RoutePolicy { MaxBody = 1000 } });
        using var client = gateway.Client();

        (await (await client.PostAsync("/", new ByteArrayContent(new byte[1000]), Cancel)).Content.ReadAsStringAsync(Cancel)).ShouldBe("1000");
        var known = await client.PostAsync("/", new ByteArrayContent(new byte[1001]), Cancel);
        known.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        known.Headers.GetValues("X-Slipway-Error").ShouldBe(["body"]);

        static string Chunked(int size) => $"POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{size:x}\r\n{new string('a', size)}\r\n0\r\n\r\n";
        (await gateway.Raw(Chunked(900))).ShouldContain("900");
        (await gateway.Raw(Chunked(2000))).ShouldStartWith("HTTP/1.1 413");
        await gateway.IsIdle("one");
    }

    [Fact]
    public async Task MaxRequests_OneMore_Is503AndComesBack()
    {
        var held = new TaskCompletionSource();
        await using var backend = await Backend.Start("one", async context =>
        {
            await held.Task.WaitAsync(Cancel);
            await context.Response.WriteAsync("one");
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend) with { Policy = new RoutePolicy { MaxRequests = 2 } });
        using var client = gateway.Client();

        Task<HttpResponseMessage>[] first = [client.GetAsync("/", Cancel), client.GetAsync("/", Cancel)];
        await Eventually.Holds(async () => (await gateway.Instance("one"))?.InFlight == 2);
        // A new table must not give the route new places.
        await gateway.Publish(Routes.To(backend) with { Policy = new RoutePolicy { MaxRequests = 2, MaxBody = 5 } });
        var refused = await client.GetAsync("/", Cancel);
        held.SetResult();

        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        refused.Headers.GetValues("X-Slipway-Error").ShouldBe(["busy"]);
        foreach (var answer in await Task.WhenAll(first)) answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        await Eventually.Holds(async () => (await client.GetAsync("/", Cancel)).StatusCode == HttpStatusCode.OK);
    }

    [Fact]
    public async Task Timeouts_OfTheRoute_AreItsOwn()
    {
        await using var silent = new RawUpstream(async socket =>
        {
            await RawUpstream.ReadHead(socket);
            await Task.Delay(Timeout.Infinite, Cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }, "silent");
        await using var halting = new RawUpstream(async socket =>
        {
            await RawUpstream.ReadHead(socket);
            await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"u8.ToArray());
            await Task.Delay(Timeout.Infinite, Cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }, "halting");
        await using var gateway = await Start();
        await gateway.Publish(
            Routes.To(silent) with { Policy = new RoutePolicy { Timeouts = new UpstreamTimeouts { Answer = TimeSpan.FromMilliseconds(100) } } },
            Routes.To("halting.test", halting) with { Policy = new RoutePolicy { Timeouts = new UpstreamTimeouts { Idle = TimeSpan.FromMilliseconds(100) } } });

        (await gateway.Client().GetAsync("/", Cancel)).StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        var half = await gateway.Raw("GET / HTTP/1.1\r\nHost: halting.test\r\n\r\n");
        half.ShouldStartWith("HTTP/1.1 200");
        half.ShouldEndWith("half");
        await Eventually.Holds(async () => (await gateway.Instance("halting"))?.InFlight is 0 or null);
    }

    [Fact]
    public async Task Maintenance_AnswersEverything_UntilItEnds()
    {
        await using var backend = await Backend.Start("one");
        await using var gateway = await Start();
        var maintenance = new Maintenance { Message = "Back at <8>", RetryAfter = 120 };
        await gateway.Publish(Routes.To(backend) with { Maintenance = maintenance }, Routes.To("preview.app.test", backend) with { IsPreview = true });

        var answer = await gateway.Client().PostAsync("/x", new StringContent("body"), Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(120));
        answer.Headers.GetValues("X-Slipway-Error").ShouldBe(["maintenance"]);
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldContain("Back at <8>");
        using var html = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "Accept", "text/html" } } };
        (await (await gateway.Client().SendAsync(html, Cancel)).Content.ReadAsStringAsync(Cancel)).ShouldContain("Back at &lt;8&gt;");
        (await gateway.Client("preview.app.test").GetStringAsync("/", Cancel)).ShouldBe("one");

        await gateway.Publish(Routes.To(backend));
        (await gateway.Client().GetStringAsync("/", Cancel)).ShouldBe("one");
    }

    [Fact]
    public async Task Table_OfAnotherVersion_IsReadWithWhatIsKnown()
    {
        await using var gateway = await Start();
        var json = """{"version":1,"future":1,"routes":[{"app":"shop","service":"web","hosts":["app.test"],"policy":{"compress":true,"future":{"a":1},"rate":{"requests":1,"per":"00:00:01","burst":1,"by":"moon"}},"redirect":{"host":"b.test","new":1}}]}""";
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
        {
            var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
            await socket.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(gateway.Options.ControlSocket), cancel);
            return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
        }
        });
        (await http.PutAsync("http://gateway/table", new StringContent(json, Encoding.UTF8, "application/json"), Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var redirect = (await gateway.Control.Table(Cancel)).Routes.Single().Redirect!;
        (redirect.Path, redirect.Status).ShouldBe(("/", 308));
        (await gateway.Client().GetAsync("/x", Cancel)).Headers.Location!.ToString().ShouldBe("http://b.test/x");
    }
}
