using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Forwarding;

public sealed class ForwardingTests
{
    const int Large = 64 * 1024 * 1024;

    [Fact]
    public async Task Headers_HopByHop_StayBehindAndForwardedOnesAreSet()
    {
        string? seen = null;
        await using var upstream = new RawUpstream(async socket =>
        {
            var head = await RawUpstream.ReadHead(socket);
            seen ??= head;
            await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nX-Kept: \u00e9\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nok"u8.ToArray());
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(upstream));

        var answer = await gateway.Raw("GET /p%20q?r=%41 HTTP/1.1\r\nHost: app.test:81\r\nConnection: X-Mine\r\nX-Mine: 1\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nTE: trailers\r\n"
            + "X-Forwarded-For: 10.1.1.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Other: yes\r\n\r\n"
            + "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n");

        var lines = seen!.Split("\r\n");
        lines[0].ShouldBe("GET /p%20q?r=%41 HTTP/1.1");
        lines.ShouldContain("Host: app.test:81");
        lines.ShouldContain("X-Forwarded-For: 127.0.0.1");
        lines.ShouldContain("X-Forwarded-Proto: http");
        lines.ShouldContain("X-Forwarded-Host: app.test:81");
        lines.ShouldContain($"X-Forwarded-Port: {gateway.Address.Port}");
        lines.ShouldContain("X-Other: yes");
        lines.Count(l => l.StartsWith("X-Request-Id: ", StringComparison.Ordinal)).ShouldBe(1);
        foreach (var gone in new[] { "Connection:", "X-Mine", "Keep-Alive", "Proxy-Connection", "TE:", "evil", "https" }) seen.ShouldNotContain(gone);
        answer.ShouldContain("Set-Cookie: a=1");
        answer.ShouldContain("Set-Cookie: b=2");
        answer.ShouldContain("X-Kept: ");
        answer.ShouldNotContain("X-Hop");
        answer.ShouldNotContain("Keep-Alive");
    }

    [Theory]
    [InlineData("close, X-Mine")]
    [InlineData("X-Mine, close")]
    [InlineData("close,\tx-mine\t, Host")]
    [InlineData("close\r\nConnection: X-Mine")]
    [InlineData("keep-alive, X-Mine")]
    [InlineData("keep-alive\r\nConnection: X-Mine")]
    [InlineData("upgrade, X-Mine")]
    [InlineData("X-Mine")]
    public async Task Headers_NamedBesideConnectionOptions_StayBehind(string connection)
    {
        string? seen = null;
        await using var upstream = new RawUpstream(async socket =>
        {
            seen = await RawUpstream.ReadHead(socket);
            await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray());
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(upstream));

        var answer = await gateway.Raw($"GET / HTTP/1.1\r\nHost: app.test\r\nX-Mine: secret\r\nConnection: {connection}\r\n\r\n");

        seen.ShouldNotBeNull().ShouldContain("Host: app.test");
        seen.ShouldNotContain("secret");
        seen.ShouldNotContain("Connection:");
        answer.ShouldStartWith("HTTP/1.1 200");
        answer.ShouldContain("Connection: close");
    }

    /// <summary>What clients really send beside keep-alive costs nobody a connection.</summary>
    [Theory]
    [InlineData("keep-alive")]
    [InlineData("Keep-Alive, TE")]
    [InlineData("TE")]
    [InlineData("Upgrade, HTTP2-Settings")]
    public async Task Connection_NamesWhatNeverPasses_IsKept(string connection)
    {
        await using var backend = await Backend.Start("one");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend));

        var request = $"GET / HTTP/1.1\r\nHost: app.test\r\nTE: trailers\r\nConnection: {connection}\r\n\r\n";
        var answers = await gateway.Raw(request + request + "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n");

        answers.Split("HTTP/1.1 200").Length.ShouldBe(4);
    }

    [Fact]
    public async Task Requests_OneAfterTheOther_ShareOneConnection()
    {
        await using var backend = await Backend.Start("one");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend));

        for (var i = 0; i < 20; i++)
        {
            using var client = gateway.Client();
            await client.GetStringAsync("/", Cancel);
        }

        // Each loop keeps its own.
        backend.Connections.ShouldBeInRange(1, Environment.ProcessorCount);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Body_LargeBothWays_ArrivesWhole(bool chunked)
    {
        await using var backend = await Backend.Start("echo", async context =>
        {
            if (!chunked) context.Response.ContentLength = context.Request.ContentLength;
            // Whole before it goes back: HttpClient reads no answer while it sends.
            using var whole = new MemoryStream(Large);
            await context.Request.Body.CopyToAsync(whole, context.RequestAborted);
            whole.Position = 0;
            await whole.CopyToAsync(context.Response.Body, context.RequestAborted);
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend));
        var sent = new byte[Large];
        new Random(1).NextBytes(sent);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new ByteArrayContent(sent) };
        request.Headers.TransferEncodingChunked = chunked;

        using var answer = await gateway.Client().SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);

        answer.EnsureSuccessStatusCode();
        var hash = await SHA256.HashDataAsync(await answer.Content.ReadAsStreamAsync(Cancel), Cancel);
        hash.ShouldBe(SHA256.HashData(sent));
        await Eventually.Holds(async () => await gateway.Instance("echo") is { InFlight: 0 });
    }

    [Fact]
    public async Task Answer_ServerSentEvents_ArriveOneByOne()
    {
        var next = new SemaphoreSlim(0);
        await using var backend = await Backend.Start("events", async context =>
        {
            context.Response.ContentType = "text/event-stream";
            for (var i = 0; i < 3; i++)
            {
                await context.Response.WriteAsync($"data: {i}\n\n");
                await context.Response.Body.FlushAsync();
                await next.WaitAsync(context.RequestAborted);
            }
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend));
        using var answer = await gateway.Client().GetAsync("/", HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancel));

        for (var i = 0; i < 3; i++)
        {
            (await reader.ReadLineAsync(Cancel)).ShouldBe($"data: {i}");
            (await reader.ReadLineAsync(Cancel)).ShouldBe("");
            next.Release();
        }
        (await reader.ReadLineAsync(Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task Body_Streamed_FirstBytesArriveBeforeTheEnd()
    {
        var seen = new TaskCompletionSource<int>();
        await using var backend = await Backend.Start("up", async context =>
        {
            var buffer = new byte[16];
            seen.SetResult(await context.Request.Body.ReadAsync(buffer));
            while (await context.Request.Body.ReadAsync(buffer) > 0) { }
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend));
        using var socket = await gateway.Connect(Cancel);
        await socket.SendAsync("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 6\r\nConnection: close\r\n\r\nabc"u8.ToArray());
        (await seen.Task).ShouldBe(3);
        await socket.SendAsync("def"u8.ToArray());
        (await RawUpstream.ReadToEnd(socket, Cancel)).ShouldStartWith("HTTP/1.1 200");
    }

    [Fact]
    public async Task WebSocket_Echo_IsCountedAsUpgradedUntilItCloses()
    {
        await using var backend = await Backend.Start("ws", async context =>
        {
            using var accepted = await context.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[1024];
            while (await accepted.ReceiveAsync(buffer, default) is { MessageType: not WebSocketMessageType.Close } message)
                await accepted.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, default);
            await accepted.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To("127.0.0.1", backend));
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{gateway.Address}/"), Cancel);
        for (var i = 0; i < 3; i++)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes($"hello {i}"), WebSocketMessageType.Text, true, Cancel);
            var buffer = new byte[1024];
            var message = await socket.ReceiveAsync(buffer, Cancel);
            Encoding.UTF8.GetString(buffer, 0, message.Count).ShouldBe($"hello {i}");
        }
        (await gateway.Instance("ws")).ShouldBe(new Slipway.Model.InstanceTraffic { Instance = "ws", InFlight = 0, Upgraded = 1 });

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancel);

        await Eventually.Holds(async () => await gateway.Instance("ws") is { InFlight: 0, Upgraded: 0 });
        (await gateway.Control.Report(Cancel)).Releases.Single().ByClass[1].ShouldBe(1);
    }

    [Fact]
    public async Task Answer_ChunkedWithTrailers_KeepsThem()
    {
        await using var upstream = RawUpstream.Answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\nContent-Length: 9\r\n\r\n");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(upstream));

        using var one = await gateway.Client().GetAsync("/", Cancel);
        using var two = await gateway.Client(version: HttpVersion.Version20).GetAsync("/", Cancel);

        foreach (var answer in new[] { one, two })
        {
            (await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe("abcde");
            answer.TrailingHeaders.GetValues("X-Sum").ShouldBe(["5"]);
            answer.TrailingHeaders.Count().ShouldBe(1);
        }
    }

    [Fact]
    public async Task Request_ChunkedWithTrailers_KeepsThem()
    {
        await using var backend = await Backend.Start("sum", async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();
            await context.Response.WriteAsync($"{body} {context.Features.Get<IHttpRequestTrailersFeature>()!.Trailers["X-Sum"]}");
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend));

        (await gateway.Raw("POST / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 3\r\n\r\n")).ShouldContain("abc 3");
    }

    [Fact]
    public async Task Expect_InstanceRefuses_BodyIsNeverAskedFor()
    {
        await using var upstream = RawUpstream.Answering("HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(upstream));
        var answer = await gateway.Raw("POST / HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
        answer.ShouldStartWith("HTTP/1.1 417");
    }

    [Fact]
    public async Task Expect_InstanceAgrees_BodyFollows()
    {
        await using var backend = await Backend.Start("echo", context => context.Request.Body.CopyToAsync(context.Response.Body));
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent("hello") };
        request.Headers.ExpectContinue = true;

        using var answer = await gateway.Client().SendAsync(request, Cancel);

        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe("hello");
    }

    [Fact]
    public async Task Answer_WithoutBody_LeavesTheConnectionUsable()
    {
        await using var backend = await Backend.Start("none", context =>
        {
            if (context.Request.Path == "/304") context.Response.StatusCode = 304;
            else if (context.Request.Path == "/204") context.Response.StatusCode = 204;
            else context.Response.ContentLength = 1234;
            return HttpMethods.IsHead(context.Request.Method) || context.Response.StatusCode != 200
                ? Task.CompletedTask : context.Response.WriteAsync(new string('x', 1234));
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend));
        using var client = gateway.Client();

        using var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"), Cancel);
        head.Content.Headers.ContentLength.ShouldBe(1234);
        (await client.GetAsync("/304", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await client.GetAsync("/204", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await client.GetStringAsync("/", Cancel)).Length.ShouldBe(1234);
        backend.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task Answer_UntilClose_ArrivesWhole()
    {
        await using var upstream = RawUpstream.Answering("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(upstream));
        (await gateway.Client().GetStringAsync("/", Cancel)).ShouldBe("until the end");
    }

    [Fact]
    public async Task Http2_PriorKnowledge_IsServedOnTheSamePort()
    {
        await using var backend = await Backend.Start("echo", async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            await context.Response.WriteAsync($"{context.Request.Host} {await reader.ReadToEndAsync()}");
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend));
        using var client = gateway.Client(version: HttpVersion.Version20);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => client.PostAsync("/", new StringContent($"{i}"), Cancel)));

        foreach (var (answer, i) in answers.Select((a, i) => (a, i)))
        {
            answer.Version.ShouldBe(HttpVersion.Version20);
            (await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe($"app.test {i}");
        }
    }
}
