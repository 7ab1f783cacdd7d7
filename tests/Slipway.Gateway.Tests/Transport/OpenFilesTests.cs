using System.Net;
using System.Net.Sockets;
using Slipway.Gateway.Tests.Processes;
using Slipway.Gateway.Transport;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Transport;

/// <summary>Open files of the gateway's process: none stays, and running out of them is survived.</summary>
public sealed class OpenFilesTests
{
    static readonly byte[] Request = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n"u8.ToArray();

    [Fact]
    public async Task Connections_AreOver_NoFileStaysOpen()
    {
        await using var one = await Backend.Start("one");
        await using var gateway = await GatewayExecutable.Start();
        await gateway.Control.Publish(new RouteTable { Version = 1, Routes = [Routes.To(one)] }, Cancel);
        await Ask(gateway.Address, times: 50, hangUp: false);
        await one.DisposeAsync();
        var before = await Settled(gateway.ProcessId);

        // Answered with 502 each: of an instance that is gone no connection stays either.
        await Ask(gateway.Address, times: 200, hangUp: false);
        // And those that hang up in the middle.
        await Ask(gateway.Address, times: 200, hangUp: true);

        await Eventually.Holds(() => Task.FromResult(Files(gateway.ProcessId) <= before));
    }

    [Fact]
    public async Task Files_RunOut_IsSurvived()
    {
        await using var one = await Backend.Start("one");
        await using var gateway = await GatewayExecutable.Start(files: 400);
        await gateway.Control.Publish(new RouteTable { Version = 1, Routes = [Routes.To(one)] }, Cancel);
        var many = new List<Socket>();
        for (var i = 0; i < 500; i++) many.Add(await Connect(gateway.Address));
        // One for its control socket would be more than there is.
        await Eventually.Holds(() => Task.FromResult(Files(gateway.ProcessId) >= 399));
        foreach (var socket in many) socket.Dispose();

        using var client = gateway.Client();
        (await client.GetStringAsync("/", Cancel)).ShouldBe("one");
    }

    [Theory]
    [InlineData(TransportKind.Epoll)]
    [InlineData(TransportKind.Sockets)]
    public async Task Start_TransportIsAskedFor_ServesByIt(TransportKind kind)
    {
        await using var echo = await Backend.Start("echo", context => context.Request.Body.CopyToAsync(context.Response.Body));
        await using var gateway = await Start(change: o => o with { Transport = kind });
        await gateway.Publish(Routes.To(echo));
        using var client = gateway.Client();

        for (var i = 0; i < 3; i++)
        {
            var answer = await client.PostAsync("/", new ByteArrayContent(new byte[300_000]), Cancel);
            (await answer.Content.ReadAsByteArrayAsync(Cancel)).Length.ShouldBe(300_000);
        }
    }

    static async Task Ask(IPEndPoint address, int times, bool hangUp)
    {
        for (var i = 0; i < times; i++)
        {
            using var socket = await Connect(address);
            await socket.SendAsync(Request, Cancel);
            if (hangUp) socket.Close(timeout: 0);
            else (await RawUpstream.ReadHead(socket)).ShouldStartWith("HTTP/1.1");
        }
    }

    static async Task<Socket> Connect(IPEndPoint address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address, Cancel);
        return socket;
    }

    /// <summary>When it no longer changes.</summary>
    static async Task<int> Settled(int process)
    {
        for (var files = Files(process); ;)
        {
            await Task.Delay(300, Cancel);
            if (files == Files(process)) return files;
            files = Files(process);
        }
    }

    static int Files(int process) => Directory.GetFileSystemEntries($"/proc/{process}/fd").Length;
}
