using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Processes;

/// <summary>The promises of the process itself, asked of the real executable.</summary>
public sealed class GatewayProcessTests
{
    const int Clients = 16, Switches = 200;

    [Fact]
    public async Task Switches_UnderGetAndPost_NoRequestFails()
    {
        await using var blue = await Backend.Start("blue");
        await using var green = await Backend.Start("green");
        await using var gateway = await GatewayExecutable.Start();
        await gateway.Control.Publish(Table(1, blue), Cancel);
        await using var load = Load.GetAndPost(gateway.Client, Clients, "blue", "green");
        for (var version = 2; version <= Switches + 1; version++)
        {
            await gateway.Control.Publish(Table(version, version % 2 == 0 ? green : blue), Cancel);
            await load.Answers(20);
        }
        await load.Stop();

        load.Wrong.ShouldBeEmpty();
        var report = await gateway.Control.Report(Cancel);
        report.TableVersion.ShouldBe(Switches + 1);
        report.Releases.Sum(r => r.Failed).ShouldBe(0);
        report.Releases.Sum(r => r.Requests).ShouldBe(load.Answered);
    }

    /// <summary>Compiling and storing a large table is no work of the threads that carry requests.</summary>
    [Fact]
    public async Task Switches_OfTenThousandHosts_NoRequestFails()
    {
        await using var one = await Backend.Start("one");
        await using var gateway = await GatewayExecutable.Start();
        var others = Enumerable.Range(0, 10_000).Select(i => Routes.To($"host{i}.test", one) with { App = AppName.Parse($"app{i}") }).ToList();
        await gateway.Control.Publish(Table(1, one), Cancel);
        await using var load = Load.GetAndPost(gateway.Client, 4, "one");
        for (var version = 2; version <= 6; version++)
        {
            await gateway.Control.Publish(new RouteTable { Version = version, Routes = [Routes.To(one), .. others] }, Cancel);
            await load.Answers(20);
        }
        await load.Stop();

        load.Wrong.ShouldBeEmpty();
        (await gateway.Control.Report(Cancel)).TableVersion.ShouldBe(6);
    }

    [Fact]
    public async Task Terminated_RequestsInFlight_AreAnsweredAndItExitsWith0()
    {
        var arrived = new SemaphoreSlim(0);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var slow = await Backend.Start("slow", async context =>
        {
            arrived.Release();
            await release.Task;
            await context.Response.WriteAsync("slow");
        });
        await using var gateway = await GatewayExecutable.Start();
        await gateway.Control.Publish(Table(1, slow), Cancel);
        using var client = gateway.Client();
        var held = Enumerable.Range(0, 8).Select(i => i % 2 == 0 ? client.GetAsync("/", Cancel) : client.PostAsync("/", new StringContent("x"), Cancel)).ToList();
        for (var i = 0; i < held.Count; i++) await arrived.WaitAsync(Cancel);

        gateway.Terminate();
        // Nothing new is taken, while what was begun is still waited for.
        await Eventually.Holds(async () => !await Accepts(gateway.Address));
        held.ShouldAllBe(h => !h.IsCompleted);
        release.SetResult();

        foreach (var answer in await Task.WhenAll(held)) (await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe("slow");
        (await gateway.ExitCode()).ShouldBe(0);
    }

    [Fact]
    public async Task Killed_Successor_ServesByTheTableOnDisk()
    {
        await using var one = await Backend.Start("one");
        await using var killed = await GatewayExecutable.Start();
        await killed.Control.Publish(Table(7, one), Cancel);
        await using (Load.GetAndPost(killed.Client, 4, "one")) await killed.Kill();

        await using var successor = await GatewayExecutable.Start(killed.Data, killed.Address);

        using var client = successor.Client();
        (await client.GetStringAsync("/", Cancel)).ShouldBe("one");
        (await successor.Control.Table(Cancel)).Version.ShouldBe(7);
    }

    /// <summary>
    /// Servers close kept connections when they like, and a request may already be on its way (RFC 9112, section 9.3.1). One that may be repeated
    /// is; one that may not is safe as long as the server says in its answer that it will close.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Instances_CloseKeptConnectionsUnderLoad_NoRequestFails(bool announced)
    {
        var closed = 0;
        await using var upstream = new RawUpstream(async socket =>
        {
            socket.NoDelay = true;
            for (var i = 1; i <= 5; i++)
            {
                if (!await ReadRequest(socket)) return;
                var last = announced && i == 5 ? "Connection: close\r\n" : "";
                await socket.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n{last}\r\none"));
            }
            Interlocked.Increment(ref closed);
            socket.Shutdown(SocketShutdown.Both);
        });
        await using var gateway = await GatewayExecutable.Start();
        await gateway.Control.Publish(Table(1, upstream), Cancel);
        await using var load = announced ? Load.GetAndPost(gateway.Client, Clients, "one") : Load.Get(gateway.Client, Clients, "one");
        await load.Answers(5000);
        await load.Stop();

        load.Wrong.ShouldBeEmpty();
        Volatile.Read(ref closed).ShouldBeGreaterThan(100);
    }

    /// <summary>Servers that restart in place, in turn: what may be repeated goes to the other one.</summary>
    [Fact]
    public async Task Instances_RestartUnderGet_NoRequestFails()
    {
        var backends = new[] { await Backend.Start("a"), await Backend.Start("b") };
        await using var gateway = await GatewayExecutable.Start();
        await gateway.Control.Publish(Table(1, backends), Cancel);
        await using var load = Load.Get(gateway.Client, Clients, "a", "b");
        for (var i = 0; i < 20; i++)
        {
            await Restart(backends, i % 2, load);
            await load.Answers(50);
        }
        await load.Stop();
        foreach (var backend in backends) await backend.DisposeAsync();

        load.Wrong.ShouldBeEmpty();
    }

    /// <summary>As the reconciler does it: the route goes first, then what is in flight, then the server. Nothing at all fails.</summary>
    [Fact]
    public async Task Instances_RestartAfterTheirRouteUnderGetAndPost_NoRequestFails()
    {
        var backends = new[] { await Backend.Start("a"), await Backend.Start("b") };
        await using var gateway = await GatewayExecutable.Start();
        var version = 1;
        await gateway.Control.Publish(Table(version, backends), Cancel);
        await using var load = Load.GetAndPost(gateway.Client, Clients, "a", "b");
        for (var i = 0; i < 20; i++)
        {
            await gateway.Control.Publish(Table(++version, backends[1 - i % 2]), Cancel);
            await Eventually.Holds(async () => !(await gateway.Control.Report(Cancel)).Instances.Any(s => s.Instance == backends[i % 2].Name && s.InFlight > 0));
            await Restart(backends, i % 2, load);
            await gateway.Control.Publish(Table(++version, backends), Cancel);
            await load.Answers(50);
        }
        await load.Stop();
        foreach (var backend in backends) await backend.DisposeAsync();

        load.Wrong.ShouldBeEmpty();
        (await gateway.Control.Report(Cancel)).Releases.Single().Failed.ShouldBe(0);
    }

    static async Task Restart(Backend[] backends, int which, Load load)
    {
        var (name, port) = (backends[which].Name, backends[which].Port);
        await backends[which].Stop();
        await load.Answers(50);
        backends[which] = await Backend.Start(name, port: port);
    }

    static async Task<bool> ReadRequest(Socket socket)
    {
        var request = await RawUpstream.ReadHead(socket);
        if (request.Length == 0) return false;
        if (!request.StartsWith("POST", StringComparison.Ordinal)) return true;
        var length = request.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4 + Load.Body.Length;
        for (var read = request.Length; read < length;) read += await socket.ReceiveAsync(new byte[length - read]);
        return true;
    }

    static RouteTable Table(long version, params RunningBackend[] backends) => new() { Version = version, Routes = [Routes.To(backends)] };

    static async Task<bool> Accepts(IPEndPoint address)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address, Cancel);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
