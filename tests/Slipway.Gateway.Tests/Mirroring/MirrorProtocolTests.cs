using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Slipway.Gateway.Tests.Upstreams;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Mirroring;

/// <summary>Copies for instances that speak HTTP/2, or of requests to such.</summary>
public sealed class MirrorProtocolTests
{
    [Fact]
    public async Task GrpcCall_IsCopiedWithItsMessage_AndWhatTheCopyIsAnsweredIsCountedByGrpcsStatus()
    {
        string? copied = null;
        await using var live = await GrpcBackend.Start("live");
        await using var next = await GrpcBackend.Start("next", new EchoGrpc.Behaviour
        {
            Say = (request, context) =>
            {
                copied = $"{request} {context.RequestHeaders.GetValue("x-slipway-mirrored")}";
                throw new RpcException(new Status(StatusCode.Internal, "sick"));
            },
        });
        await using var gateway = await Start();
        await gateway.Publish(GrpcRoutes.To(live) with { Mirror = Of(next, GrpcRoutes.Grpc) });
        using var client = new GrpcClient(gateway);

        (await client.Say("hello")).ShouldBe("live: hello");

        await Eventually.Holds(async () => (await Mirrored(gateway)).Requests == 1);
        copied.ShouldBe("hello true");
        (await Mirrored(gateway)).ByClass[5].ShouldBe(1);
        (await gateway.Instance("next"))!.InFlight.ShouldBe(0);
    }

    [Fact]
    public async Task ReleaseThatChangesToH2c_GetsTheCopiesInItsOwnWay()
    {
        string? copied = null;
        await using var live = await Backend.Start("live");
        await using var next = await GrpcBackend.Start("next", other: async context =>
            copied = $"{context.Request.Protocol} {context.Request.Headers.Host} {await new StreamReader(context.Request.Body).ReadToEndAsync()}");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(live) with { Mirror = Of(next, new UpstreamProtocol { Scheme = UpstreamScheme.H2c }) });
        using var client = gateway.Client();

        using var answer = await client.PostAsync("/", new StringContent("text"), Cancel);

        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe("live");
        await Eventually.Holds(async () => (await Mirrored(gateway)).ByClass[2] == 1);
        copied.ShouldBe("HTTP/2 app.test text");
    }

    [Fact]
    public async Task NothingListens_TheCopyHasFailed_AndTheClientIsServed()
    {
        await using var live = await GrpcBackend.Start("live");
        var next = await GrpcBackend.Start("next");
        await next.DisposeAsync();
        await using var gateway = await Start();
        await gateway.Publish(GrpcRoutes.To(live) with { Mirror = Of(next, GrpcRoutes.Grpc) });
        using var client = new GrpcClient(gateway);

        (await client.Say("hello")).ShouldBe("live: hello");

        await Eventually.Holds(async () => (await Mirrored(gateway)).Failed == 1);
    }

    static RouteMirror Of(RunningBackend next, UpstreamProtocol protocol) => new()
    {
        Release = 2, Share = CanaryPolicy.AllRequests, Methods = ["POST"], Upstreams = Routes.To(2, 1, next).Upstreams, Protocol = protocol,
    };

    static async Task<MirroredTraffic> Mirrored(TestGateway gateway) => (await gateway.Control.Report(Cancel)).Releases.Single(r => r.Release == 2).Mirrored!;
}
