using System.Buffers.Binary;

namespace Slipway.Gateway.Tunnels;

/// <summary>
/// Follows one direction of a WebSocket from frame to frame (RFC 6455, section 5.2), whatever way the bytes were cut by the network. It reads headers and
/// counts payloads; extensions may change payloads, never headers' lengths.
/// </summary>
struct FrameTracker
{
    const int LongestHeader = 14;
    const byte Final = 0x80, Masked = 0x80, Close = 0x8;

    Header _header;
    int _have;
    ulong _payload;
    bool _inMessage;

    /// <summary>Not within a frame.</summary>
    public readonly bool IsBetweenFrames => _have == 0 && _payload == 0 && !IsLost;

    /// <summary>Not within a message, which may be of several frames with pings and pongs between them.</summary>
    public readonly bool IsBetweenMessages => IsBetweenFrames && !_inMessage;

    /// <summary>This side has said that it closes.</summary>
    public bool HasClosed { get; private set; }

    /// <summary>It was no WebSocket's frame: where the next one begins is not known.</summary>
    public bool IsLost { get; private set; }

    public void Advance(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty && !IsLost) data = data[Step(data)..];
    }

    /// <summary>Goes on to the end of the message that is under way, or of the data.</summary>
    /// <returns>Bytes that were taken.</returns>
    public int AdvanceToBoundary(ReadOnlySpan<byte> data)
    {
        var taken = 0;
        while (taken < data.Length && !IsLost)
        {
            taken += Step(data[taken..]);
            if (IsBetweenMessages) return taken;
        }
        return data.Length;
    }

    /// <summary>A part of a payload, or of a header.</summary>
    int Step(ReadOnlySpan<byte> data)
    {
        if (_payload > 0)
        {
            var piece = (int)Math.Min(_payload, (ulong)data.Length);
            _payload -= (ulong)piece;
            return piece;
        }
        Span<byte> header = _header;
        // The first two bytes say how long the header is.
        var needed = _have < 2 ? 2 : Length(header);
        var taken = Math.Min(needed - _have, data.Length);
        data[..taken].CopyTo(header[_have..]);
        _have += taken;
        if (_have < 2 || _have < Length(header)) return taken;
        Begin(header);
        return taken;
    }

    void Begin(ReadOnlySpan<byte> header)
    {
        var (code, short7) = (header[0] & 0x0f, header[1] & 0x7f);
        var isFinal = (header[0] & Final) != 0;
        _payload = short7 switch { 126 => BinaryPrimitives.ReadUInt16BigEndian(header[2..]), 127 => BinaryPrimitives.ReadUInt64BigEndian(header[2..]), _ => (ulong)short7 };
        _have = 0;
        if (code >= Close)
        {
            if (!isFinal || short7 > 125) IsLost = true;
            if (code == Close) HasClosed = true;
            return;
        }
        // 0 goes on with a message, 1 and 2 begin one.
        if (_payload > long.MaxValue || (code == 0) != _inMessage) IsLost = true;
        _inMessage = !isFinal;
    }

    static int Length(ReadOnlySpan<byte> header) =>
        2 + (header[1] & 0x7f) switch { 126 => 2, 127 => 8, _ => 0 } + ((header[1] & Masked) != 0 ? 4 : 0);

    [System.Runtime.CompilerServices.InlineArray(LongestHeader)]
    struct Header
    {
        byte _first;
    }
}
