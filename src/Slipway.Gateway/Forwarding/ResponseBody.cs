using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Slipway.Gateway.Forwarding;

/// <summary>
/// Brings an answer's body to the client. Whatever there is goes out before more is waited for, so that an event is seen when it happens. The
/// last piece is flushed too: once headers are out, Kestrel sends nothing by itself at the end of a body that it does not frame.
/// Socket errors pass through as exceptions.
/// </summary>
static class ResponseBody
{
    public static ValueTask<Outcome> Relay(Exchange exchange, UpstreamConnection connection) => exchange.Answer.Framing switch
    {
        _ when exchange.Coding is not null => CompressedBody.Relay(exchange, connection),
        Framing.None => new(Outcome.Done),
        Framing.Length when connection.Received.Length >= exchange.Answer.Length => Finish(exchange, connection, (int)exchange.Answer.Length),
        Framing.Length => RelayLength(exchange, connection, exchange.Answer.Length),
        Framing.Chunked => RelayChunks(exchange, connection),
        _ => RelayToEnd(exchange, connection),
    };

    /// <summary>The common case: the whole body came with its head, and goes on with it in one write. Mostly nothing is waited for.</summary>
    static ValueTask<Outcome> Finish(Exchange exchange, UpstreamConnection connection, int length)
    {
        if (length == 0) return new(Outcome.Done);
        var body = connection.In.AsMemory(connection.Start, length);
        connection.Start += length;
        exchange.Sent += length;
        var write = exchange.Body.Writer.WriteAsync(body);
        if (!write.IsCompletedSuccessfully) return Awaited(write);
        _ = write.Result;
        return new(Outcome.Done);

        static async ValueTask<Outcome> Awaited(ValueTask<FlushResult> write)
        {
            await write;
            return Outcome.Done;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    static async ValueTask<Outcome> RelayLength(Exchange exchange, UpstreamConnection connection, long left)
    {
        var writer = exchange.Body.Writer;
        while (true)
        {
            var piece = (int)Math.Min(left, connection.End - connection.Start);
            left -= piece;
            exchange.Sent += piece;
            var data = connection.In.AsMemory(connection.Start, piece);
            connection.Start += piece;
            if (left == 0)
            {
                writer.Put(data.Span);
                await writer.FlushAsync();
                return Outcome.Done;
            }
            if (piece > 0) writer.Put(data.Span);
            var more = await Receive(exchange, connection, writer, unsent: true, large: left > UpstreamConnection.SmallBuffer);
            if (more != Outcome.Done) return more;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    static async ValueTask<Outcome> RelayToEnd(Exchange exchange, UpstreamConnection connection)
    {
        var writer = exchange.Body.Writer;
        while (true)
        {
            writer.Put(connection.Received);
            exchange.Sent += connection.End - connection.Start;
            connection.Start = connection.End;
            switch (await Receive(exchange, connection, writer, unsent: true, large: true))
            {
                case Outcome.ClientGone: return Outcome.ClientGone;
                // The connection's end is the body's end.
                case Outcome.BrokenOff: return Outcome.Done;
            }
        }
    }

    /// <summary>For HTTP/1.1 we write the chunks ourselves: that is the one way to pass trailers on through Kestrel.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    static async ValueTask<Outcome> RelayChunks(Exchange exchange, UpstreamConnection connection)
    {
        var writer = exchange.Body.Writer;
        var framed = !exchange.IsHttp2 && exchange.Request.Protocol == "HTTP/1.1";
        if (framed) exchange.Response.Headers.TransferEncoding = "chunked";
        var chunks = new ChunkReader();
        var unsent = true;
        while (true)
        {
            var step = Take(ref chunks, exchange, connection, writer, framed, ref unsent);
            if (step == ChunkStep.Invalid) return Outcome.BrokenOff;
            if (step == ChunkStep.Trailers) return await RelayTrailers(exchange, connection, writer, framed, unsent);
            var more = await Receive(exchange, connection, writer, unsent, large: false);
            if (more != Outcome.Done) return more;
            unsent = false;
        }
    }

    static ChunkStep Take(ref ChunkReader chunks, Exchange exchange, UpstreamConnection connection, PipeWriter writer, bool framed, ref bool unsent)
    {
        while (true)
        {
            var step = chunks.Next(connection.Received, out var consumed, out var data);
            if (step == ChunkStep.Data)
            {
                if (framed) WriteSize(writer, data.Length);
                writer.Put(data);
                exchange.Sent += data.Length;
                if (framed) writer.Put("\r\n"u8);
                unsent = true;
            }
            connection.Start += consumed;
            if (step != ChunkStep.Data) return step;
        }
    }

    internal static void WriteSize(PipeWriter writer, int size)
    {
        var span = writer.GetSpan(16);
        size.TryFormat(span, out var length, "x", System.Globalization.CultureInfo.InvariantCulture);
        "\r\n"u8.CopyTo(span[length..]);
        writer.Advance(length + 2);
    }

    static async ValueTask<Outcome> RelayTrailers(Exchange exchange, UpstreamConnection connection, PipeWriter writer, bool framed, bool unsent)
    {
        var trailers = exchange.IsHttp2 ? exchange.Features.Get<IHttpResponseTrailersFeature>()?.Trailers : null;
        if (framed) writer.Put("0\r\n"u8);
        while (true)
        {
            var line = connection.Received.IndexOf("\r\n"u8);
            if (line < 0)
            {
                var more = await Receive(exchange, connection, writer, unsent, large: false);
                if (more != Outcome.Done) return more;
                unsent = false;
                continue;
            }
            var bytes = connection.Received[..line];
            connection.Start += line + 2;
            if (line == 0) break;
            if (!TryWriteTrailer(bytes, writer, framed, trailers)) return Outcome.BrokenOff;
        }
        if (framed) writer.Put("\r\n"u8);
        await writer.FlushAsync();
        return Outcome.Done;
    }

    static bool TryWriteTrailer(ReadOnlySpan<byte> line, PipeWriter writer, bool framed, IHeaderDictionary? trailers)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || !Grammar.IsToken(line[..colon]) || !Grammar.IsFieldValue(line[colon..])) return false;
        var name = Encoding.Latin1.GetString(line[..colon]);
        // Trailers are no way to change framing or routing after the fact (RFC 9110, section 6.5.1).
        if (HeaderKinds.Of(name) != HeaderKind.Pass) return true;
        if (framed)
        {
            writer.Put(line);
            writer.Put("\r\n"u8);
        }
        trailers?.Append(name, Encoding.Latin1.GetString(line[(colon + 1)..].Trim(" \t"u8)));
        return true;
    }

    /// <summary>Receives more; what was written is sent first where that has to be waited for. BrokenOff: the instance closed its side.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal static async ValueTask<Outcome> Receive(Exchange exchange, UpstreamConnection connection, PipeWriter writer, bool unsent, bool large)
    {
        if (!connection.MakeRoom(large)) return Outcome.BrokenOff;
        // A buffer's worth is there to be sent even where more is at hand: the client's speed holds the instance's back.
        if (unsent && (await writer.FlushAsync()).IsCompleted || exchange.ClientIsGone) return Outcome.ClientGone;
        var idle = exchange.Policy?.Timeouts?.Idle;
        if (idle is { } limit) connection.Arm(limit);
        var received = await connection.Receive();
        if (idle is not null && !connection.Disarm()) return Outcome.BrokenOff;
        connection.End += received;
        if (connection.IsTurnOver(received)) await Task.Yield();
        return received > 0 ? Outcome.Done : Outcome.BrokenOff;
    }
}
