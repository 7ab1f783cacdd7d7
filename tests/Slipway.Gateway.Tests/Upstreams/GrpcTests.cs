using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Upstreams;

public sealed class GrpcTests
{
    [Fact]
    public async Task Unary_Metadata_GoesBothWaysWithTrailers()
    {
        Metadata? seen = null;
        string? host = null, te = null;
        await using var backend = await GrpcBackend.Start("g", new EchoGrpc.Behaviour
        {
            Say = async (request, context) =>
            {
                (seen, host, te) = (context.RequestHeaders, context.Host, context.GetHttpContext().Request.Headers.TE.ToString());
                await context.WriteResponseHeadersAsync(new Metadata { { "x-head", "1" } });
                context.ResponseTrailers.Add("x-tail", "2");
                context.ResponseTrailers.Add("x-data-bin", [0, 200]);
                return request + "!";
            },
        });
        await using var gateway = await Start();
        await gateway.Publish(GrpcRoutes.To(backend));
        using var client = new GrpcClient(gateway);

        using var call = client.Say("hello", new CallOptions(new Metadata { { "x-mine", "3" } }));

        (await call).ShouldBe("hello!");
        (await call.ResponseHeadersAsync).GetValue("x-head").ShouldBe("1");
        call.GetStatus().StatusCode.ShouldBe(StatusCode.OK);
        call.GetTrailers().GetValue("x-tail").ShouldBe("2");
        call.GetTrailers().GetValueBytes("x-data-bin").ShouldBe([0, 200]);
        host.ShouldBe("app.test");
        seen!.GetValue("x-mine").ShouldBe("3");
        seen.GetValue("x-forwarded-for").ShouldBe("127.0.0.1");
        seen.GetValue("x-forwarded-proto").ShouldBe("http");
        te.ShouldBe("trailers");
        seen.GetValue("traceparent").ShouldNotBeNull();
        seen.GetValue("x-request-id").ShouldNotBeNull();
    }

    [Fact]
    public async Task ServerStreaming_EachMessage_IsSeenBeforeTheNextIsSent()
    {
        var next = new SemaphoreSlim(0);
        await using var backend = await GrpcBackend.Start("g", new EchoGrpc.Behaviour
        {
            Count = async (_, into, _) =>
            {
                for (var i = 0; i < 5; i++)
                {
                    await next.WaitAsync(Cancel);
                    await into.WriteAsync($"{i}");
                }
            },
        });
        await using var gateway = await Start();
        await gateway.Publish(GrpcRoutes.To(backend));
        using var client = new GrpcClient(gateway);

        using var call = client.Count("5");
        for (var i = 0; i < 5; i++)
        {
            next.Release();
            (await call.ResponseStream.MoveNext(Cancel)).ShouldBeTrue();
            call.ResponseStream.Current.ShouldBe($"{i}");
        }

        (await call.ResponseStream.MoveNext(Cancel)).ShouldBeFalse();
        call.GetStatus().StatusCode.ShouldBe(StatusCode.OK);
    }

    [Fact]
    public async Task ClientStreaming_LargeMessages_ArriveWhole()
    {
        await using var backend = await GrpcBackend.Start("g");
        await using var gateway = await Start();
        await gateway.Publish(GrpcRoutes.To(backend));
        using var client = new GrpcClient(gateway);

        using var call = client.Join();
        var piece = new string('x', 300_000);
        for (var i = 0; i < 10; i++) await call.RequestStream.WriteAsync(piece, Cancel);
        await call.RequestStream.CompleteAsync();

        (await call).Length.ShouldBe(3_000_000);
    }

    [Fact]
    public async Task Duplex_QuestionAndAnswer_TakeTurns()
    {
        await using var backend = await GrpcBackend.Start("g");
        await using var gateway = await Start();
        await gateway.Publish(GrpcRoutes.To(backend));
        using var client = new GrpcClient(gateway);

        using var call = client.Talk();
        for (var i = 0; i < 20; i++)
        {
            await call.RequestStream.WriteAsync($"{i}", Cancel);
            (await call.ResponseStream.MoveNext(Cancel)).ShouldBeTrue();
            call.ResponseStream.Current.ShouldBe($"heard {i}");
        }
        await call.RequestStream.CompleteAsync();

        (await call.ResponseStream.MoveNext(Cancel)).ShouldBeFalse();
        call.GetStatus().StatusCode.ShouldBe(StatusCode.OK);
    }

    [Theory]
    [InlineData(StatusCode.NotFound, 2)]
    [InlineData(StatusCode.Unavailable, 5)]
    [InlineData(StatusCode.Internal, 5)]
    public async Task Error_OfTheInstance_PassesAndIsCountedByItsMeaning(StatusCode status, int countedAs)
    {
        await using var backend = await GrpcBackend.Start("g", new EchoGrpc.Behaviour
        {
            Say = (_, _) => throw new RpcException(new Status(status, "so it is: 100%"), new Metadata { { "x-why", "because" } }),
        });
        await using var gateway = await Start();
        await gateway.Publish(GrpcRoutes.To(backend));
        using var client = new GrpcClient(gateway);

        var error = await Should.ThrowAsync<RpcException>(async () => await client.Say("hello"));

        error.Status.ShouldBe(new Status(status, "so it is: 100%", error.Status.DebugException));
        error.Trailers.GetValue("x-why").ShouldBe("because");
        await Eventually.Holds(async () => (await gateway.Control.Report(Cancel)).Releases.Single().Requests == 1);
        (await gateway.Control.Report(Cancel)).Releases.Single().ByClass[countedAs].ShouldBe(1);
    }

    [Fact]
    public async Task Deadline_OfTheClient_IsKnownToTheInstanceAndEndsTheCall()
    {
        var ended = new TaskCompletionSource();
        DateTime? deadline = null;
        await using var backend = await GrpcBackend.Start("g", new EchoGrpc.Behaviour
        {
            Say = async (request, context) =>
            {
                deadline = context.Deadline;
                context.CancellationToken.Register(ended.SetResult);
                await ended.Task;
                return request;
            },
        });
        await using var gateway = await Start();
        await gateway.Publish(GrpcRoutes.To(backend));
        using var client = new GrpcClient(gateway);

        var error = await Should.ThrowAsync<RpcException>(async () => await client.Say("hello", new CallOptions(deadline: DateTime.UtcNow.AddSeconds(1))));

        error.StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        deadline!.Value.ShouldBeLessThan(DateTime.UtcNow.AddSeconds(5));
    }

    [Fact]
    public async Task Cancellation_OfTheClient_ReachesTheInstance()
    {
        var (begun, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var backend = await GrpcBackend.Start("g", new EchoGrpc.Behaviour
        {
            Count = async (_, into, context) =>
            {
                context.CancellationToken.Register(ended.SetResult);
                await into.WriteAsync("first");
                begun.SetResult();
                await ended.Task;
            },
        });
        await using var gateway = await Start();
        await gateway.Publish(GrpcRoutes.To(backend));
        using var client = new GrpcClient(gateway);
        var call = client.Count("1");
        (await call.ResponseStream.MoveNext(Cancel)).ShouldBeTrue();
        await begun.Task;

        call.Dispose();

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        await Eventually.Holds(async () => await gateway.Instance("g") is { InFlight: 0 });
    }

    [Fact]
    public async Task Gateway_CanNotServe_SaysSoByStatus()
    {
        await using var gone = await GrpcBackend.Start("gone");
        await using var gateway = await Start();
        await gone.DisposeAsync();
        await gateway.Publish(GrpcRoutes.To(gone), Routes.To("empty.test").Speaking(GrpcRoutes.Grpc));
        using var refused = new GrpcClient(gateway);
        using var empty = new GrpcClient(gateway, "empty.test");
        using var unknown = new GrpcClient(gateway, "unknown.test");

        (await Should.ThrowAsync<RpcException>(async () => await refused.Say("x"))).Status.ShouldSatisfyAllConditions(
            s => s.StatusCode.ShouldBe(StatusCode.Unavailable), s => s.Detail.ShouldContain("No instance of shop/web accepts connections"));
        (await Should.ThrowAsync<RpcException>(async () => await empty.Say("x"))).StatusCode.ShouldBe(StatusCode.Unavailable);
        (await Should.ThrowAsync<RpcException>(async () => await unknown.Say("x"))).StatusCode.ShouldBe(StatusCode.Unimplemented);
    }

    [Fact]
    public async Task Instance_Refuses_AnotherIsAsked()
    {
        await using var gone = await GrpcBackend.Start("gone");
        await gone.DisposeAsync();
        await using var there = await GrpcBackend.Start("there");
        await using var gateway = await Start();
        await gateway.Publish(GrpcRoutes.To(gone, there));
        using var client = new GrpcClient(gateway);

        for (var i = 0; i < 10; i++) (await client.Say("x")).ShouldBe("there: x");
    }

    [Fact]
    public async Task Instance_DiesInTheMidstOfAStream_ClientIsToldUnavailable()
    {
        await using var backend = await GrpcBackend.Start("g", new EchoGrpc.Behaviour
        {
            Count = async (_, into, context) =>
            {
                await into.WriteAsync("first");
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
            },
        });
        await using var gateway = await Start();
        await gateway.Publish(GrpcRoutes.To(backend));
        using var client = new GrpcClient(gateway);
        using var call = client.Count("1");
        (await call.ResponseStream.MoveNext(Cancel)).ShouldBeTrue();

        await backend.DisposeAsync();

        (await Should.ThrowAsync<RpcException>(async () => await call.ResponseStream.MoveNext(Cancel))).StatusCode.ShouldBe(StatusCode.Unavailable);
        await Eventually.Holds(async () => (await gateway.Control.Report(Cancel)).Releases.Single().Failed == 1);
    }

    [Fact]
    public async Task Switch_UnderLoad_NoUnaryCallFailsAndTheNewSideAnswers()
    {
        await using var blue = await GrpcBackend.Start("blue");
        await using var green = await GrpcBackend.Start("green");
        await using var gateway = await Start();
        await gateway.Publish(GrpcRoutes.To(blue));
        using var stop = new CancellationTokenSource();
        var answered = 0;
        var load = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            using var client = new GrpcClient(gateway);
            while (!stop.IsCancellationRequested)
            {
                (await client.Say("x")).ShouldEndWith(": x");
                Interlocked.Increment(ref answered);
            }
        }, Cancel)).ToList();

        for (var i = 0; i < 20; i++)
        {
            var before = Volatile.Read(ref answered);
            var side = i % 2 == 0 ? green : blue;
            await gateway.Publish(GrpcRoutes.To(side));
            using (var client = new GrpcClient(gateway)) (await client.Say("x")).ShouldBe($"{side.Name}: x");
            await Eventually.Holds(() => Task.FromResult(Volatile.Read(ref answered) > before + 20));
        }
        await stop.CancelAsync();

        await Task.WhenAll(load);
        answered.ShouldBeGreaterThan(400);
        (await gateway.Control.Report(Cancel)).Releases.Sum(r => r.Failed).ShouldBe(0);
    }

    [Fact]
    public async Task Stream_OfAReplacedInstance_GoesOnAndIsCountedUntilItEnds()
    {
        var next = new SemaphoreSlim(0);
        await using var old = await GrpcBackend.Start("old", new EchoGrpc.Behaviour
        {
            Count = async (_, into, _) =>
            {
                for (var i = 0; i < 3; i++)
                {
                    await next.WaitAsync(Cancel);
                    await into.WriteAsync($"{i}");
                }
            },
        });
        await using var young = await GrpcBackend.Start("young");
        await using var gateway = await Start();
        await gateway.Publish(GrpcRoutes.To(old));
        using var client = new GrpcClient(gateway);
        using var call = client.Count("3");
        next.Release();
        (await call.ResponseStream.MoveNext(Cancel)).ShouldBeTrue();

        await gateway.Publish(GrpcRoutes.To(young));

        (await client.Say("x")).ShouldBe("young: x");
        (await gateway.Instance("old"))!.InFlight.ShouldBe(1);
        next.Release(2);
        (await call.ResponseStream.MoveNext(Cancel)).ShouldBeTrue();
        (await call.ResponseStream.MoveNext(Cancel)).ShouldBeTrue();
        (await call.ResponseStream.MoveNext(Cancel)).ShouldBeFalse();
        await Eventually.Holds(async () => await gateway.Instance("old") is null);
    }

    [Fact]
    public async Task Http1Client_OfAnInstanceInHttp2_GetsPathBodyAndTrailers()
    {
        await using var backend = await GrpcBackend.Start("g", other: async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();
            context.Response.Headers["X-Target"] = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
            context.Response.Headers["X-Protocol"] = context.Request.Protocol;
            await context.Response.Body.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"got {body}"));
            context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpResponseTrailersFeature>()!.Trailers["X-Sum"] = "7";
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend).Speaking(new UpstreamProtocol { Scheme = UpstreamScheme.H2c }));

        var answer = await gateway.Raw("POST /a%2fb/../c?q=%41 HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nTE: trailers\r\nContent-Length: 3\r\n\r\nabc");

        answer.ShouldStartWith("HTTP/1.1 200");
        answer.ShouldContain("X-Target: /a%2fb/../c?q=%41\r\n");
        answer.ShouldContain("X-Protocol: HTTP/2\r\n");
        answer.ShouldContain("\r\n7\r\ngot abc\r\n0\r\nX-Sum: 7\r\n\r\n");
    }
}
