using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Slipway.Model;

namespace Slipway.Engines.Docker;

/// <summary>One line with the time at which its first part was written.</summary>
readonly record struct RawLogLine(DateTimeOffset Time, LogStream Stream, string Text);

/// <summary>
/// The engine's log stream (Engine API, ContainerAttach, "Stream format"), asked for with timestamps:
/// <code>
/// without a terminal: frames, one for each message     with one: the bytes as they are
///   [1 stdout | 2 stderr] 0 0 0 [length, 4, big endian]    2026-11-22T22:02:00.338083163Z text\r\n
///   2026-11-22T22:02:00.338083163Z text\n
/// </code>
/// A line of more than 16 KiB comes as several messages, each with a time of its own, and only the last one with \n.
/// </summary>
static class LogReader
{
    const int HeaderSize = 8;

    /// <summary>A frame is a message of at most 16 KiB and its time; more than this is no log stream.</summary>
    const int MaxFrame = 16 << 20;

    /// <exception cref="EndOfStreamException">The stream ended within a frame.</exception>
    public static async IAsyncEnumerable<RawLogLine> Read(Stream stream, bool terminal, [EnumeratorCancellation] CancellationToken cancel)
    {
        var reader = PipeReader.Create(stream);
        var lines = new Queue<RawLogLine>();
        LineAssembler output = new(LogStream.Out, terminal), error = new(LogStream.Error, terminal);
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(cancel);
                var rest = read.Buffer;
                if (terminal)
                {
                    output.Append(rest, lines);
                    rest = rest.Slice(rest.End);
                }
                else
                {
                    while (TakeFrame(ref rest, out var isError, out var payload)) (isError ? error : output).Append(payload, lines);
                }
                while (lines.TryDequeue(out var line)) yield return line;
                reader.AdvanceTo(rest.Start, rest.End);
                if (!read.IsCompleted) continue;
                if (!rest.IsEmpty) throw new EndOfStreamException("the log ended within a frame");
                break;
            }
            output.End(lines);
            error.End(lines);
            while (lines.TryDequeue(out var line)) yield return line;
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    static bool TakeFrame(ref ReadOnlySequence<byte> buffer, out bool isError, out ReadOnlySequence<byte> payload)
    {
        (isError, payload) = (false, default);
        if (buffer.Length < HeaderSize) return false;
        Span<byte> header = stackalloc byte[HeaderSize];
        buffer.Slice(0, HeaderSize).CopyTo(header);
        var length = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        if (header[0] > 2 || length > MaxFrame)
            throw new EngineException(0, $"The engine's log stream has a frame of type {header[0]} and {length} bytes; "
                + $"expected are the types 0 to 2 and at most {MaxFrame} bytes.");
        if (buffer.Length < HeaderSize + length) return false;
        isError = header[0] == 2;
        payload = buffer.Slice(HeaderSize, length);
        buffer = buffer.Slice(HeaderSize + length);
        return true;
    }
}
