using System.Globalization;
using Slipway.Gateway.Forwarding;

namespace Slipway.Gateway.Mirroring;

enum CopyStep
{
    More,
    Over,
    Invalid,
}

/// <summary>An answer that nobody gets: of its head only what says how it ends, of its body nothing (RFC 9112, sections 4 to 7; see <see cref="AnswerHead"/>).</summary>
sealed class CopyAnswer(bool isHead)
{
    Framing _framing;
    ChunkReader _chunks;
    bool _inTrailers;
    long _left;

    /// <summary>0 before there is one.</summary>
    public int Status { get; private set; }

    public bool KeepAlive { get; private set; }

    public bool IsHeadRead { get; private set; }

    public bool IsOver { get; private set; }

    public bool EndsWithConnection => _framing == Framing.Close;

    /// <summary>Takes a final head off the connection's buffer and past 1xx ones, or leaves it there while it is incomplete.</summary>
    public HeadState ReadHead(UpstreamConnection connection)
    {
        while (true)
        {
            var received = connection.Received;
            var end = received.IndexOf("\r\n\r\n"u8);
            if (end < 0) return received.Length >= UpstreamConnection.MaxHead ? HeadState.Invalid : HeadState.Incomplete;
            var head = received[..(end + 2)];
            var line = head.IndexOf("\r\n"u8);
            // HTTP/1.1 200 OK
            if (line < 12 || !head.StartsWith("HTTP/1."u8) || head[8] != ' ' || !int.TryParse(head.Slice(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status)) return HeadState.Invalid;
            // It didn't ask for another protocol.
            if (status is < 100 or > 599 or 101) return HeadState.Invalid;
            connection.Start += end + 4;
            if (status < 200) continue;
            KeepAlive = head[7] == '1';
            if (!ReadHeaders(status, head[(line + 2)..], connection)) return HeadState.Invalid;
            (Status, IsHeadRead) = (status, true);
            return HeadState.Complete;
        }
    }

    /// <summary>Takes what was received of the body.</summary>
    public CopyStep Take(UpstreamConnection connection)
    {
        var step = _framing switch
        {
            Framing.None => CopyStep.Over,
            Framing.Length => TakeLength(connection),
            Framing.Chunked => TakeChunks(connection),
            _ => TakeAll(connection),
        };
        IsOver = step == CopyStep.Over;
        return step;
    }

    bool ReadHeaders(int status, ReadOnlySpan<byte> lines, UpstreamConnection connection)
    {
        long? length = null;
        var chunked = false;
        for (var position = 0; lines.Length > 0; position++)
        {
            var end = lines.IndexOf("\r\n"u8);
            if (connection.Lines.Read(position, lines[..end]) is not { } header) return false;
            lines = lines[(end + 2)..];
            switch (header.Kind)
            {
                case HeaderKind.ContentLength:
                    if (!Grammar.TryParseLength(header.Value, out var value) || length is not null && length != value) return false;
                    length = value;
                    break;
                case HeaderKind.TransferEncoding:
                    if (chunked || !header.Value.Equals("chunked", StringComparison.OrdinalIgnoreCase)) return false;
                    chunked = true;
                    break;
                case HeaderKind.Connection:
                    KeepAlive = !Grammar.ListHolds(header.Value, "close") && (KeepAlive || Grammar.ListHolds(header.Value, "keep-alive"));
                    break;
            }
        }
        _framing = isHead || status is 204 or 205 or 304 ? Framing.None : chunked ? Framing.Chunked : length is null ? Framing.Close : Framing.Length;
        _left = length ?? 0;
        if (_framing == Framing.Close || (chunked && length is not null)) KeepAlive = false;
        return true;
    }

    CopyStep TakeLength(UpstreamConnection connection)
    {
        var piece = (int)Math.Min(_left, connection.End - connection.Start);
        connection.Start += piece;
        _left -= piece;
        return _left == 0 ? CopyStep.Over : CopyStep.More;
    }

    static CopyStep TakeAll(UpstreamConnection connection)
    {
        connection.Start = connection.End;
        return CopyStep.More;
    }

    CopyStep TakeChunks(UpstreamConnection connection)
    {
        while (!_inTrailers)
        {
            var step = _chunks.Next(connection.Received, out var consumed, out _);
            connection.Start += consumed;
            if (step == ChunkStep.Invalid) return CopyStep.Invalid;
            if (step == ChunkStep.NeedMore) return CopyStep.More;
            _inTrailers = step == ChunkStep.Trailers;
        }
        while (true)
        {
            var line = connection.Received.IndexOf("\r\n"u8);
            if (line < 0) return CopyStep.More;
            connection.Start += line + 2;
            if (line == 0) return CopyStep.Over;
        }
    }
}
