using System.Buffers;
using System.Globalization;
using System.Text;
using Slipway.Model;

namespace Slipway.Engines.Docker;

/// <summary>Puts the lines of one of a container's streams together from the pieces in which they come. Text is decoded only when a line is whole.</summary>
/// <param name="stream">What its lines are.</param>
/// <param name="terminal">
/// Pieces are cut anywhere, also within a time; else each is one message, which begins with its time even where it goes on with a line.
/// </param>
sealed class LineAssembler(LogStream stream, bool terminal)
{
    /// <summary>A line beyond this is given in parts, so that a container that never ends a line does not fill the memory.</summary>
    internal const int MaxLine = 1 << 20;

    readonly ArrayBufferWriter<byte> _line = new();
    DateTimeOffset _time = DateTimeOffset.UnixEpoch;

    public void Append(ReadOnlySequence<byte> piece, Queue<RawLogLine> lines)
    {
        var bytes = piece.IsSingleSegment ? piece.FirstSpan : piece.ToArray();
        if (!terminal) StripTime(ref bytes);
        while (bytes.IndexOf((byte)'\n') is var end and >= 0)
        {
            _line.Write(bytes[..end]);
            Complete(lines);
            bytes = bytes[(end + 1)..];
            if (!terminal) StripTime(ref bytes);
        }
        _line.Write(bytes);
        if (_line.WrittenCount >= MaxLine) Complete(lines);
    }

    /// <summary>The stream ended: what stands without a line end is a line too.</summary>
    public void End(Queue<RawLogLine> lines)
    {
        if (_line.WrittenCount > 0) Complete(lines);
    }

    void Complete(Queue<RawLogLine> lines)
    {
        var text = _line.WrittenSpan;
        if (terminal && TakeTime(ref text, out var time)) _time = time;
        if (text.EndsWith("\r"u8)) text = text[..^1];
        lines.Enqueue(new(_time, stream, Encoding.UTF8.GetString(text)));
        _line.ResetWrittenCount();
    }

    /// <summary>A line has the time of its first part; those of the others are only taken off.</summary>
    void StripTime(ref ReadOnlySpan<byte> bytes)
    {
        if (TakeTime(ref bytes, out var time) && _line.WrittenCount == 0) _time = time;
    }

    /// <summary>
    /// Takes "2026-11-22T22:02:00.338083163Z " off the front. Nanoseconds are cut to .NET's 100, never rounded up: who asks for what came after a
    /// line's time must not miss the next one.
    /// </summary>
    internal static bool TakeTime(ref ReadOnlySpan<byte> bytes, out DateTimeOffset time)
    {
        const int Seconds = 19, Longest = 40, Digits = 7;
        time = default;
        var space = bytes[..Math.Min(bytes.Length, Longest)].IndexOf((byte)' ');
        if (space <= Seconds || bytes[10] != 'T' || !Ascii.IsValid(bytes[..space])) return false;
        Span<char> text = stackalloc char[Longest];
        text = text[..Encoding.ASCII.GetChars(bytes[..space], text)];
        var zone = Seconds + text[Seconds..].IndexOfAny("Z+-");
        if (zone < Seconds) return false;
        var exact = $"{text[..Math.Min(zone, Seconds + 1 + Digits)]}{text[zone..]}";
        if (!DateTimeOffset.TryParse(exact, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out time)) return false;
        bytes = bytes[(space + 1)..];
        return true;
    }
}
