using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Control;

public sealed class PersistenceTests
{
    [Fact]
    public async Task Start_TableOnDisk_ServesByItAtOnce()
    {
        var folder = NewFolder();
        await using var one = await Backend.Start("one");
        await using (var first = await Start(folder)) await first.Publish(Routes.To(one) with { Unavailable = "x" });

        await using var second = await Start(folder);

        (await second.Client().GetStringAsync("/", Cancel)).ShouldBe("one");
        (await second.Control.Table(Cancel)).Routes.Single().Unavailable.ShouldBe("x");
        File.GetUnixFileMode(second.Options.ControlSocket).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Theory]
    [InlineData("{\"version\":3,\"rou")]
    [InlineData("null")]
    [InlineData("{\"version\":3,\"routes\":[{\"app\":\"a\",\"service\":\"s\",\"hosts\":[\"BAD\"]}]}")]
    public async Task Start_BrokenTable_KeepsItAsideAndStartsEmpty(string content)
    {
        var folder = NewFolder();
        await File.WriteAllTextAsync(Path.Combine(folder, "table.json"), content, Cancel);

        await using var gateway = await Start(folder);

        (await gateway.Control.Table(Cancel)).Version.ShouldBe(0);
        (await File.ReadAllTextAsync(Path.Combine(folder, "table.json.broken"), Cancel)).ShouldBe(content);
    }

    [Fact]
    public async Task Start_SocketOfADeadPredecessor_IsReplaced()
    {
        var folder = NewFolder();
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
            dead.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder, "control.sock")));
        await File.WriteAllTextAsync(Path.Combine(folder, "control.sock") + ".x", "", Cancel);

        await using var gateway = await Start(folder);

        (await gateway.Control.IsAlive(Cancel)).ShouldBeTrue();
    }

    [Fact]
    public async Task Start_SecondOnOneFolder_IsRefusedAndTheFirstServesOn()
    {
        await using var first = await Start();

        var refused = await Should.ThrowAsync<IOException>(() => Start(first.Options.Folder));

        refused.Message.ShouldContain("Another gateway");
        refused.Message.ShouldContain(first.Options.Folder);
        (await first.Control.IsAlive(Cancel)).ShouldBeTrue();
    }

    [Fact]
    public async Task Run_PortInUse_ExitsWith1()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var options = new GatewayOptions { Listen = [$"127.0.0.1:{port}"], Folder = NewFolder() };
        (await GatewayProcess.Run(options, Cancel)).ShouldBe(1);

        var refused = await Should.ThrowAsync<IOException>(() => Start(change: o => o with { Listen = options.Listen }));
        refused.Message.ShouldContain($"Port {port} is in use by");
        refused.Message.ShouldContain($"(process {Environment.ProcessId})");
    }

    [Fact]
    public async Task Run_Cancelled_EndsRequestsInFlightAndExitsWith0()
    {
        var arrived = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        await using var slow = await Backend.Start("slow", async context =>
        {
            arrived.SetResult();
            await release.Task;
            await context.Response.WriteAsync("slow");
        });
        var folder = NewFolder();
        await using (var first = await Start(folder)) await first.Publish(Routes.To(slow));
        using var stop = new CancellationTokenSource();
        var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var address = (IPEndPoint)probe.LocalEndpoint;
        probe.Dispose();

        var run = GatewayProcess.Run(new GatewayOptions { Listen = [address.ToString()], Folder = folder }, stop.Token);
        using var control = new Slipway.Gateway.Control.GatewayClient(Path.Combine(folder, "control.sock"));
        await Eventually.Holds(() => control.IsAlive(Cancel));
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{address}/") { Headers = { Host = "app.test" } };
        var held = client.SendAsync(request, Cancel);
        await arrived.Task;
        await stop.CancelAsync();
        release.SetResult();

        (await (await held).Content.ReadAsStringAsync(Cancel)).ShouldBe("slow");
        (await run).ShouldBe(0);
    }
}
