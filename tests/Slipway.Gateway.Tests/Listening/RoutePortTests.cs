using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Listening;

public sealed class RoutePortTests
{
    [Fact]
    public async Task Port_OfARoute_OpensAndClosesWithTheTables()
    {
        await using var one = await Backend.Start("one");
        await using var two = await Backend.Start("two");
        await using var gateway = await Start();
        var port = FreePort();
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var uri = new Uri($"http://127.0.0.1:{port}/");

        await gateway.Publish(Routes.To("one.test", one) with { Ports = [new GatewayPort(null, port)] });
        (await client.GetStringAsync(uri, Cancel)).ShouldBe("one");
        await gateway.Publish(Routes.To("one.test", one), Routes.To("two.test", two) with { Ports = [new GatewayPort(null, port)] });
        (await client.GetStringAsync(uri, Cancel)).ShouldBe("two");
        (await gateway.Client("one.test").GetStringAsync("/", Cancel)).ShouldBe("one");
        await gateway.Publish(Routes.To("one.test", one));

        (await gateway.Control.Report(Cancel)).Listening.ShouldBe([gateway.Address.ToString()]);
        using var fresh = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await Should.ThrowAsync<HttpRequestException>(() => fresh.GetStringAsync(uri, Cancel));
    }

    [Fact]
    public async Task Port_TakenBySomebodyElse_IsReportedAndOpenedWhenItIsFree()
    {
        await using var one = await Backend.Start("one");
        await using var gateway = await Start();
        var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        await gateway.Publish(Routes.To(one) with { Ports = [new GatewayPort("127.0.0.1", port)] });

        var reason = (await gateway.Control.Report(Cancel)).NotListening[$"127.0.0.1:{port}"];
        reason.ShouldContain($"Port {port} is in use by");
        (await gateway.Client().GetStringAsync("/", Cancel)).ShouldBe("one");
        taken.Dispose();
        await Eventually.Holds(async () => (await gateway.Control.Report(Cancel)).NotListening.Count == 0);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        (await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/"), Cancel)).ShouldBe("one");
    }

    internal static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
