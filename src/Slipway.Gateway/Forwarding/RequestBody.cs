using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Slipway.Gateway.Forwarding;

/// <summary>Sends the client's body to the instance as it arrives, while the answer is already being waited for.</summary>
static class RequestBody
{
    const int MaxPiece = 64 * 1024, ChunkFrame = 32;

    static readonly TimeSpan ContinuePatience = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Done: all of it is sent. Unsent: the instance takes no more, or answered without wanting it. ClientGone, ClientFault: the client's side
    /// broke, and the connection was closed so that whoever waits for the answer wakes up.
    /// </summary>
    public static async Task<Outcome> Send(Exchange exchange, UpstreamConnection connection, Action<Exchange, UpstreamConnection> sent)
    {
        try
        {
            if (exchange.Continue is { } go && !await Permission(go.Task)) return Outcome.Unsent;
            var outcome = await Pump(exchange, connection);
            if (outcome == Outcome.Done) sent(exchange, connection);
            return outcome;
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            return Outcome.Unsent;
        }
    }

    /// <summary>An instance that knows nothing of Expect says nothing: then the body goes without being asked for (RFC 9110, section 10.1.1).</summary>
    static async Task<bool> Permission(Task<bool> permission)
    {
        try
        {
            return await permission.WaitAsync(ContinuePatience, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            return true;
        }
    }

    static async Task<Outcome> Pump(Exchange exchange, UpstreamConnection connection)
    {
        var chunked = exchange.Request.Headers.ContentLength is null;
        var reader = exchange.BodyReader;
        while (true)
        {
            ReadResult read;
            try
            {
                read = await reader.ReadAsync();
            }
            catch (BadHttpRequestException fault)
            {
                exchange.Fault = fault;
                connection.Abort();
                return Outcome.ClientFault;
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException)
            {
                connection.Abort();
                return Outcome.ClientGone;
            }
            var left = read.Buffer;
            try
            {
                while (!left.IsEmpty && !read.IsCanceled)
                {
                    var piece = left.Slice(0, Math.Min(left.Length, MaxPiece));
                    await SendAll(connection, Frame(connection, piece, chunked));
                    if (exchange.Copy is { } copy && !copy.Add(piece)) exchange.Copy = null;
                    left = left.Slice(piece.Length);
                    exchange.BodyConsumed = true;
                    if (connection.IsTurnOver((int)piece.Length)) await Task.Yield();
                }
            }
            finally
            {
                // What was not sent stays, for an attempt with another connection.
                reader.AdvanceTo(left.Start);
            }
            if (read.IsCanceled) return Outcome.Unsent;
            if (read.IsCompleted) break;
        }
        if (chunked)
        {
            var trailers = exchange.Features.Get<IHttpRequestTrailersFeature>() is { Available: true, Trailers: { Count: > 0 } given } ? given : null;
            if (trailers is not null && !AreTrailers(trailers))
            {
                exchange.Fault = new BadHttpRequestException("A trailer of the request is none.");
                connection.Abort();
                return Outcome.ClientFault;
            }
            await SendAll(connection, End(trailers, connection));
        }
        if (exchange.Copy is { } whole)
        {
            exchange.Copy = null;
            whole.Send(exchange);
        }
        return Outcome.Done;
    }

    static int Frame(UpstreamConnection connection, ReadOnlySequence<byte> piece, bool chunked)
    {
        var needed = (int)piece.Length + ChunkFrame;
        var buffer = connection.Out.Length >= needed ? connection.Out : connection.GrowOut(0, needed);
        var length = 0;
        if (chunked)
        {
            Utf8Formatter.TryFormat(piece.Length, buffer, out length, new StandardFormat('x'));
            "\r\n"u8.CopyTo(buffer.AsSpan(length));
            length += 2;
        }
        piece.CopyTo(buffer.AsSpan(length));
        length += (int)piece.Length;
        if (!chunked) return length;
        "\r\n"u8.CopyTo(buffer.AsSpan(length));
        return length + 2;
    }

    static int End(IHeaderDictionary? trailers, UpstreamConnection connection)
    {
        var writer = new HeadWriter(connection);
        writer.Write("0\r\n"u8);
        if (trailers is not null)
        {
            foreach (var (name, values) in trailers)
                foreach (var value in values)
                    if (HeaderKinds.Of(name) == HeaderKind.Pass) writer.WriteLine(name, value ?? "");
        }
        writer.Write("\r\n"u8);
        return writer.Length;
    }

    /// <summary>Those of HTTP/2 may hold a line's end, which Kestrel looks for in headers alone.</summary>
    static bool AreTrailers(IHeaderDictionary trailers)
    {
        foreach (var (name, values) in trailers)
            foreach (var value in values)
                if (!Grammar.IsToken(name) || value is not null && value.AsSpan().ContainsAny('\r', '\n', '\0')) return false;
        return true;
    }

    static async ValueTask SendAll(UpstreamConnection connection, int length)
    {
        for (var sent = 0; sent < length;) sent += await connection.Socket.SendAsync(connection.Out.AsMemory(sent, length - sent));
    }
}
