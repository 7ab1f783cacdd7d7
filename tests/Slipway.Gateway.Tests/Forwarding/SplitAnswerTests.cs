using System.Net.Sockets;
using System.Text;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Forwarding;

/// <summary>An answer reaches the client whole, and as it comes, wherever the network cut it.</summary>
public sealed class SplitAnswerTests
{
    const int Rounds = 200;

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "hello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "he", "llo")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Len", "gth: 5\r\n\r\n", "hello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", "llo\r\n", "0\r", "\n", "\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r", "\nhello\r", "\n0\r\nX-Sum: 5\r\n", "\r\n")]
    public async Task Answer_InSeveralPackets_ArrivesEachTime(params string[] pieces)
    {
        await using var upstream = new RawUpstream(async socket =>
        {
            while (await RawUpstream.ReadHead(socket) is { Length: > 0 }) await Send(socket, pieces);
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(upstream));
        using var client = gateway.Client();

        for (var i = 0; i < Rounds; i++) (await client.GetStringAsync("/", Cancel)).ShouldBe("hello");
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", "hello")]
    [InlineData("HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nhe", "llo")]
    public async Task Answer_UntilCloseInSeveralPackets_ArrivesEachTime(params string[] pieces)
    {
        await using var upstream = new RawUpstream(async socket =>
        {
            await RawUpstream.ReadHead(socket);
            await Send(socket, pieces);
            socket.Shutdown(SocketShutdown.Send);
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(upstream));
        using var client = gateway.Client();

        for (var i = 0; i < Rounds; i++) (await client.GetStringAsync("/", Cancel)).ShouldBe("hello");
    }

    /// <summary>The last data must not wait for the trailers that follow it.</summary>
    [Fact]
    public async Task Answer_TrailersAreLate_DataIsThereBeforeThem()
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = new RawUpstream(async socket =>
        {
            await RawUpstream.ReadHead(socket);
            await socket.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"u8.ToArray());
            await seen.Task;
            await socket.SendAsync("X-Sum: 5\r\n\r\n"u8.ToArray());
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(upstream));
        using var client = gateway.Client();

        using var answer = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead, Cancel).WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        await using var body = await answer.Content.ReadAsStreamAsync(Cancel);
        var data = new byte[5];
        await body.ReadExactlyAsync(data, Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        seen.SetResult();

        Encoding.ASCII.GetString(data).ShouldBe("hello");
        (await body.ReadAsync(data, Cancel)).ShouldBe(0);
    }

    /// <summary>Each piece in a packet of its own. The pause between them is what is tested: too short a one only tests less.</summary>
    static async Task Send(Socket socket, string[] pieces)
    {
        socket.NoDelay = true;
        foreach (var piece in pieces)
        {
            if (!ReferenceEquals(piece, pieces[0])) await Task.Delay(1);
            await socket.SendAsync(Encoding.Latin1.GetBytes(piece));
        }
    }
}
