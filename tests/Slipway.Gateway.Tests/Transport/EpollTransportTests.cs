using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Connections;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Transport;

public sealed class EpollTransportTests
{
    const int Large = 16 * 1024 * 1024;

    [Fact]
    public async Task Accept_Connection_KnowsBothEnds()
    {
        await using var server = await EpollServer.Start();
        var (client, connection) = await server.Connect();

        connection.RemoteEndPoint.ShouldBe(new IPEndPoint(((IPEndPoint)client.LocalEndPoint!).Address.MapToIPv4(), ((IPEndPoint)client.LocalEndPoint!).Port));
        ((IPEndPoint)connection.LocalEndPoint!).Port.ShouldBe(((IPEndPoint)client.RemoteEndPoint!).Port);
        client.Dispose();
    }

    [Fact]
    public async Task Echo_OfMoreThanAnyBuffer_ArrivesWhole()
    {
        await using var server = await EpollServer.Start();
        var (client, connection) = await server.Connect();
        using var _ = client;
        var echo = Echo(connection);
        var sent = RandomNumberGenerator.GetBytes(Large);
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < sent.Length;) i += await client.SendAsync(sent.AsMemory(i, Math.Min(70_000, sent.Length - i)), Cancel);
            client.Shutdown(SocketShutdown.Send);
        }, Cancel);
        var received = await ReadToEnd(client);

        await sending;
        await echo;
        received.AsSpan().SequenceEqual(sent).ShouldBeTrue();
    }

    /// <summary>Who reads nothing is sent no more than fits on the way: the writer waits, and so does whom it reads from.</summary>
    [Fact]
    public async Task Flush_ClientDoesNotRead_Waits()
    {
        await using var server = await EpollServer.Start();
        var (client, connection) = await server.Connect();
        using var _ = client;
        var output = connection.Transport.Output;
        var piece = new byte[Large];
        var flush = output.WriteAsync(piece, Cancel);

        flush.IsCompleted.ShouldBeFalse();
        var reading = ReadToEnd(client);
        (await flush).IsCompleted.ShouldBeFalse();
        await connection.DisposeAsync();
        (await reading).Length.ShouldBe(Large);
    }

    [Fact]
    public async Task Read_NothingIsRead_ClientIsHeldBack()
    {
        await using var server = await EpollServer.Start();
        var (client, connection) = await server.Connect();
        using var _ = client;
        client.Blocking = false;
        var taken = 0;
        var piece = new byte[64 * 1024];
        // Until the system's own buffers are full: the transport has none that grow.
        var error = SocketError.Success;
        while (error == SocketError.Success && taken < 256 * 1024 * 1024) taken += client.Send(piece, SocketFlags.None, out error);
        error.ShouldBe(SocketError.WouldBlock);

        var read = 0L;
        while (read < taken)
        {
            var result = await connection.Transport.Input.ReadAsync(Cancel);
            result.Buffer.Length.ShouldBeLessThanOrEqualTo(128 * 1024);
            read += result.Buffer.Length;
            connection.Transport.Input.AdvanceTo(result.Buffer.End);
        }
        read.ShouldBe(taken);
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task Read_LookedAtAndNotTaken_ComesAgainWithMore()
    {
        await using var server = await EpollServer.Start();
        var (client, connection) = await server.Connect();
        using var _ = client;
        var input = connection.Transport.Input;
        var text = new string('a', 10_000);
        var seen = 0L;
        foreach (var piece in text.Chunk(3000))
        {
            await client.SendAsync(Encoding.ASCII.GetBytes(piece), Cancel);
            while (true)
            {
                var read = await input.ReadAsync(Cancel);
                seen = read.Buffer.Length;
                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                if (seen % 3000 == 0 || seen == text.Length) break;
            }
        }
        seen.ShouldBe(text.Length);
        await client.SendAsync("b"u8.ToArray(), Cancel);
        var all = await input.ReadAsync(Cancel);
        Encoding.ASCII.GetString(all.Buffer).ShouldBe(text + "b");
        input.AdvanceTo(all.Buffer.GetPosition(9_999));
        (input.TryRead(out var rest)).ShouldBeTrue();
        Encoding.ASCII.GetString(rest.Buffer).ShouldBe("ab");
        input.AdvanceTo(rest.Buffer.End);
        input.TryRead(out var none).ShouldBeFalse();
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task HalfClose_ByTheClient_EndsReadingAndNotWriting()
    {
        await using var server = await EpollServer.Start();
        var (client, connection) = await server.Connect();
        using var _ = client;
        await client.SendAsync("last words"u8.ToArray(), Cancel);
        client.Shutdown(SocketShutdown.Send);
        var said = await ReadAll(connection.Transport.Input);
        await connection.Transport.Output.WriteAsync("an answer"u8.ToArray(), Cancel);
        await connection.DisposeAsync();

        said.ShouldBe("last words");
        Encoding.ASCII.GetString(await ReadToEnd(client)).ShouldBe("an answer");
        await Eventually.Holds(() => Task.FromResult(connection.ConnectionClosed.IsCancellationRequested));
    }

    [Fact]
    public async Task Reset_ByTheClient_FailsThePendingReadAndTellsOfIt()
    {
        await using var server = await EpollServer.Start();
        var (client, connection) = await server.Connect();
        var read = connection.Transport.Input.ReadAsync(Cancel).AsTask();
        client.Close(timeout: 0);

        await Should.ThrowAsync<ConnectionResetException>(read);
        await Eventually.Holds(() => Task.FromResult(connection.ConnectionClosed.IsCancellationRequested));
        var flush = await connection.Transport.Output.WriteAsync("anybody?"u8.ToArray(), Cancel);
        flush.IsCompleted.ShouldBeTrue();
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task Gone_WhileItsRequestIsServed_IsToldWithoutReading()
    {
        await using var server = await EpollServer.Start();
        var (client, connection) = await server.Connect();
        await client.SendAsync("request"u8.ToArray(), Cancel);
        client.Dispose();

        await Eventually.Holds(() => Task.FromResult(connection.ConnectionClosed.IsCancellationRequested));
        (await ReadAll(connection.Transport.Input)).ShouldBe("request");
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task Abort_WhileReadingAndWriting_EndsBothAndTheClientSeesAReset()
    {
        await using var server = await EpollServer.Start();
        var (client, connection) = await server.Connect();
        using var _ = client;
        var read = Reason(connection.Transport.Input);
        var flush = connection.Transport.Output.WriteAsync(new byte[Large], Cancel).AsTask();
        connection.Abort(new ConnectionAbortedException("enough"));

        (await read).ShouldBe("enough");
        (await flush).IsCompleted.ShouldBeTrue();
        (await Should.ThrowAsync<SocketException>(() => ReadToEnd(client))).SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task CancelPendingRead_OneThatWaits_ReturnsAndTheNextOneReads()
    {
        await using var server = await EpollServer.Start();
        var (client, connection) = await server.Connect();
        using var _ = client;
        var input = connection.Transport.Input;
        var read = input.ReadAsync(Cancel).AsTask();
        input.CancelPendingRead();
        var cancelled = await read;
        input.AdvanceTo(cancelled.Buffer.End);

        cancelled.IsCanceled.ShouldBeTrue();
        await client.SendAsync("x"u8.ToArray(), Cancel);
        var next = await input.ReadAsync(Cancel);
        next.IsCanceled.ShouldBeFalse();
        next.Buffer.Length.ShouldBe(1);
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task Token_OfAReadThatWaits_EndsItAndNotTheConnection()
    {
        await using var server = await EpollServer.Start();
        var (client, connection) = await server.Connect();
        using var _ = client;
        using var impatience = new CancellationTokenSource();
        var read = connection.Transport.Input.ReadAsync(impatience.Token).AsTask();
        await impatience.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(read);
        await client.SendAsync("x"u8.ToArray(), Cancel);
        (await connection.Transport.Input.ReadAsync(Cancel)).Buffer.Length.ShouldBe(1);
        await connection.DisposeAsync();
    }

    /// <summary>A close over bytes that nobody read is a reset, which would take the answer with it: what still comes is thrown away first.</summary>
    [Fact]
    public async Task Dispose_ClientStillSends_GetsTheAnswer()
    {
        await using var server = await EpollServer.Start();
        var (client, connection) = await server.Connect();
        using var _ = client;
        await client.SendAsync(new byte[100_000], Cancel);
        var first = await connection.Transport.Input.ReadAsync(Cancel);
        connection.Transport.Input.AdvanceTo(first.Buffer.End);
        await connection.Transport.Output.WriteAsync("413"u8.ToArray(), Cancel);
        await Eventually.Holds(() => Task.FromResult(client.Available > 0));
        await connection.DisposeAsync();

        await client.SendAsync(new byte[100_000], Cancel);
        Encoding.ASCII.GetString(await ReadToEnd(client)).ShouldBe("413");
    }

    static async Task<string> Reason(PipeReader input)
    {
        try
        {
            await input.ReadAsync(Cancel);
            return "none";
        }
        catch (ConnectionAbortedException aborted)
        {
            return aborted.Message;
        }
    }

    static async Task Echo(ConnectionContext connection)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        while (true)
        {
            var read = await input.ReadAsync(Cancel);
            foreach (var piece in read.Buffer) output.Write(piece.Span);
            input.AdvanceTo(read.Buffer.End);
            await output.FlushAsync(Cancel);
            if (read.IsCompleted) break;
        }
        await connection.DisposeAsync();
    }

    static async Task<string> ReadAll(PipeReader input)
    {
        while (true)
        {
            var read = await input.ReadAsync(Cancel);
            if (read.IsCompleted) return Encoding.ASCII.GetString(read.Buffer);
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    static async Task<byte[]> ReadToEnd(Socket client)
    {
        var all = new ArrayBufferWriter<byte>();
        while (await client.ReceiveAsync(all.GetMemory(64 * 1024), Cancel) is var count and > 0) all.Advance(count);
        return all.WrittenSpan.ToArray();
    }
}
