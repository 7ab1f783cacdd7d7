namespace Slipway.Gateway.Forwarding;

enum ChunkStep
{
    NeedMore,
    Data,

    /// <summary>The last chunk is read; trailers and the final CRLF follow.</summary>
    Trailers,
    Invalid,
}

/// <summary>Takes chunked framing apart (RFC 9112, section 7.1), strictly, whatever way the bytes were cut by the network.</summary>
struct ChunkReader
{
    const int MaxSizeLine = 256;

    // Bytes of the current chunk that are still to come, and whether its CRLF is.
    long _left;
    bool _inChunk;

    /// <summary>Takes the next step; Data gives a piece of the body.</summary>
    public ChunkStep Next(ReadOnlySpan<byte> input, out int consumed, out ReadOnlySpan<byte> data)
    {
        consumed = 0;
        data = default;
        if (_inChunk && _left == 0)
        {
            if (input.Length < 2) return input.Length == 1 && input[0] != '\r' ? ChunkStep.Invalid : ChunkStep.NeedMore;
            if (!input.StartsWith("\r\n"u8)) return ChunkStep.Invalid;
            input = input[2..];
            consumed = 2;
            _inChunk = false;
        }
        if (!_inChunk)
        {
            var line = input.IndexOf("\r\n"u8);
            if (line < 0) return input.Length > MaxSizeLine ? ChunkStep.Invalid : ChunkStep.NeedMore;
            if (line > MaxSizeLine || !Grammar.TryParseChunkSize(input[..line], out _left)) return ChunkStep.Invalid;
            input = input[(line + 2)..];
            consumed += line + 2;
            if (_left == 0) return ChunkStep.Trailers;
            _inChunk = true;
        }
        if (input.IsEmpty) return ChunkStep.NeedMore;
        data = input[..(int)Math.Min(input.Length, _left)];
        consumed += data.Length;
        _left -= data.Length;
        return ChunkStep.Data;
    }
}
