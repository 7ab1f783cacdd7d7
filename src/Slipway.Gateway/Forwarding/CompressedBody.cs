namespace Slipway.Gateway.Forwarding;

/// <summary>
/// Brings an answer's body to the client compressed. What there is goes out before more is waited for, as in <see cref="ResponseBody"/>. Trailers are left
/// out: they speak of the body that the instance sent. A body that breaks off gets no end, so that it can't be taken for a whole one.
/// </summary>
static class CompressedBody
{
    public static async ValueTask<Outcome> Relay(Exchange exchange, UpstreamConnection connection)
    {
        var encoder = Compression.Encoder(exchange.Coding!, new CountingStream(exchange));
        var (chunks, left, framing) = (new ChunkReader(), exchange.Answer.Length, exchange.Answer.Framing);
        while (true)
        {
            var isOver = false;
            if (framing == Framing.Chunked)
            {
                while (!isOver)
                {
                    var step = chunks.Next(connection.Received, out var consumed, out var data);
                    if (step == ChunkStep.Data) encoder.Write(data);
                    connection.Start += consumed;
                    if (step == ChunkStep.Invalid) return Outcome.BrokenOff;
                    if (step == ChunkStep.NeedMore) break;
                    isOver = step == ChunkStep.Trailers;
                }
                if (isOver && !await SkipTrailers(exchange, connection)) return Outcome.BrokenOff;
            }
            else
            {
                var piece = framing == Framing.Length ? (int)Math.Min(left, connection.End - connection.Start) : connection.End - connection.Start;
                encoder.Write(connection.In.AsSpan(connection.Start, piece));
                connection.Start += piece;
                left -= piece;
                isOver = framing == Framing.Length && left == 0;
            }
            if (isOver) break;
            await encoder.FlushAsync();
            var more = await ResponseBody.Receive(exchange, connection, exchange.Body.Writer, unsent: true, large: framing != Framing.Chunked);
            // The connection's end is the body's end.
            if (more == Outcome.BrokenOff && framing == Framing.Close && !connection.TimedOut) break;
            if (more != Outcome.Done) return more;
        }
        await encoder.DisposeAsync();
        return (await exchange.Body.Writer.FlushAsync()).IsCompleted ? Outcome.ClientGone : Outcome.Done;
    }

    static async ValueTask<bool> SkipTrailers(Exchange exchange, UpstreamConnection connection)
    {
        while (true)
        {
            var line = connection.Received.IndexOf("\r\n"u8);
            if (line < 0)
            {
                if (await ResponseBody.Receive(exchange, connection, exchange.Body.Writer, unsent: false, large: false) != Outcome.Done) return false;
                continue;
            }
            connection.Start += line + 2;
            if (line == 0) return true;
        }
    }

    /// <summary>Into the answer's pipe, without sending.</summary>
    internal sealed class CountingStream(Exchange exchange) : Stream
    {
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            exchange.Sent += buffer.Length;
            exchange.Body.Writer.Put(buffer);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        {
            Write(buffer.AsSpan(offset, count));
            return Task.CompletedTask;
        }

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
