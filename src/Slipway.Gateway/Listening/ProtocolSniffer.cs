using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Slipway.Gateway.Listening;

/// <summary>
/// Looks at a new connection's first bytes without taking them: HTTP/2 with prior knowledge begins with a fixed preface (RFC 9113, section 3.4),
/// which no HTTP/1.1 request can begin with. Costs a connection one look, and a request nothing.
/// </summary>
sealed class ProtocolSniffer
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly ConcurrentDictionary<ConnectionContext, long> _silent = [];
    volatile bool _closing;

    static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Null: it ended, or said nothing for too long; it is disposed of.</summary>
    public ValueTask<ProtocolEndPoint?> Sniff(ConnectionContext connection) => Look(connection, Decide);

    /// <summary>TLS, or what is spoken in the clear where TLS is expected.</summary>
    /// <param name="connection">Just accepted.</param>
    /// <param name="see">As of <see cref="SniffHello"/>; null: nobody wants to know.</param>
    public ValueTask<ProtocolEndPoint?> SniffEither(ConnectionContext connection, Action<ConnectionContext, ClientHello>? see) =>
        Look(connection, buffer => ClientHello.LengthOf(buffer.FirstSpan[..1]) == 0 ? Decide(buffer) : see is null ? ProtocolEndPoint.Https : DecideHello(connection, buffer, see));

    /// <summary>What a client's handshake begins with; <paramref name="see"/> is told, where it can be read.</summary>
    /// <returns>False: it ended, or said nothing for too long; it is disposed of.</returns>
    public async ValueTask<bool> SniffHello(ConnectionContext connection, Action<ConnectionContext, ClientHello> see) =>
        await Look(connection, buffer => DecideHello(connection, buffer, see)) is not null;

    static ProtocolEndPoint? DecideHello(ConnectionContext connection, ReadOnlySequence<byte> buffer, Action<ConnectionContext, ClientHello> see)
    {
        if (ClientHello.LengthOf(buffer.Slice(0, Math.Min(buffer.Length, 5)).ToArray()) is not { } length || buffer.Length < length) return null;
        if (length > 0 && ClientHello.Read(buffer.Slice(0, length).ToArray()) is { } hello) see(connection, hello);
        return ProtocolEndPoint.Https;
    }

    async ValueTask<ProtocolEndPoint?> Look(ConnectionContext connection, Func<ReadOnlySequence<byte>, ProtocolEndPoint?> decide)
    {
        _silent[connection] = Environment.TickCount64;
        if (_closing) connection.Abort();
        try
        {
            var input = connection.Transport.Input;
            while (true)
            {
                var read = await input.ReadAsync();
                var protocol = read.Buffer.IsEmpty ? null : decide(read.Buffer);
                input.AdvanceTo(read.Buffer.Start, protocol is null ? read.Buffer.End : read.Buffer.Start);
                if (protocol is not null) return protocol;
                if (read.IsCompleted || read.IsCanceled) break;
            }
        }
        catch (Exception ended) when (ended is IOException or OperationCanceledException or InvalidOperationException)
        {
            // It went away before it said anything.
        }
        finally
        {
            _silent.TryRemove(connection, out _);
        }
        await connection.DisposeAsync();
        return null;
    }

    /// <summary>Closes what has been silent for too long; called now and then.</summary>
    public void Sweep(long now)
    {
        foreach (var (connection, since) in _silent)
            if (now - since > Patience.TotalMilliseconds) connection.Abort();
    }

    /// <summary>The gateway stops: nothing that has not asked for anything is waited for.</summary>
    public void Close()
    {
        _closing = true;
        foreach (var connection in _silent.Keys) connection.Abort();
    }

    static ProtocolEndPoint? Decide(ReadOnlySequence<byte> buffer)
    {
        Span<byte> first = stackalloc byte[24];
        var length = (int)Math.Min(buffer.Length, first.Length);
        buffer.Slice(0, length).CopyTo(first);
        if (!Preface.StartsWith(first[..length])) return ProtocolEndPoint.Http1;
        return length == Preface.Length ? ProtocolEndPoint.Http2 : null;
    }
}
