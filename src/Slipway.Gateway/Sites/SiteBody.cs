using System.Buffers;
using Slipway.Gateway.Forwarding;

namespace Slipway.Gateway.Sites;

/// <summary>
/// Brings a file's bytes to the client. Out of memory at once; from the disk on other threads than those that serve, piece by piece, each of them sent before the
/// next is read: the client's speed holds the reading back.
/// </summary>
static class SiteBody
{
    const int Piece = 128 * 1024;

    public static ValueTask<Outcome> Send(Exchange exchange, ReadOnlyMemory<byte> content)
    {
        exchange.Sent += content.Length;
        var write = exchange.Body.Writer.WriteAsync(content);
        if (!write.IsCompletedSuccessfully) return Awaited(write);
        return new(write.Result.IsCompleted ? Outcome.ClientGone : Outcome.Done);

        static async ValueTask<Outcome> Awaited(ValueTask<System.IO.Pipelines.FlushResult> write) => (await write).IsCompleted ? Outcome.ClientGone : Outcome.Done;
    }

    public static async ValueTask<Outcome> Send(Exchange exchange, Site site, Representation file, long from, long length)
    {
        // Closed: only where no table has named it for a minute.
        if (!site.TryHold()) return Failed(exchange, started: false);
        try
        {
            return site.Hot.Takes(file) ? await SendWhole(exchange, site, file, from, length) : await SendPieces(exchange, site, file, from, length);
        }
        finally
        {
            site.Release();
        }
    }

    /// <summary>A small one: read once, and kept.</summary>
    static async ValueTask<Outcome> SendWhole(Exchange exchange, Site site, Representation file, long from, long length)
    {
        var content = new byte[file.Length];
        for (var read = 0; read < content.Length;)
        {
            if (await Read(site, content.AsMemory(read), file.Offset + read) is not (> 0 and var piece)) return Failed(exchange, started: false);
            read += piece;
        }
        site.Hot.Keep(file, content);
        return await Send(exchange, content.AsMemory((int)from, (int)length));
    }

    static async ValueTask<Outcome> SendPieces(Exchange exchange, Site site, Representation file, long from, long length)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(length, Piece));
        try
        {
            for (long sent = 0; sent < length;)
            {
                var read = await Read(site, buffer.AsMemory(0, (int)Math.Min(buffer.Length, length - sent)), file.Offset + from + sent);
                if (read == 0) return Failed(exchange, started: sent > 0);
                exchange.Sent += read;
                if ((await exchange.Body.Writer.WriteAsync(buffer.AsMemory(0, read))).IsCompleted || exchange.ClientIsGone) return Outcome.ClientGone;
                sent += read;
            }
            return Outcome.Done;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <returns>0: the disk does not give it, or the file is shorter than its index says.</returns>
    static async ValueTask<int> Read(Site site, Memory<byte> into, long offset)
    {
        try
        {
            return await site.Read(into, offset);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    static Outcome Failed(Exchange exchange, bool started)
    {
        if (started) return Outcome.BrokenOff;
        var page = ErrorPage.Unreadable();
        page.Write(exchange);
        exchange.Answer.Give(page.Status);
        return Outcome.Done;
    }
}
