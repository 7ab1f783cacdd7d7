using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;
using Slipway.Engines.Docker;
using Slipway.Model;

namespace Slipway.Engines.Tests.Docker;

public sealed class LogReaderTests
{
    const string First = "2026-11-22T22:02:00.338083163Z", Second = "2026-11-22T22:02:01.000000099Z";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static byte[] Sample =>
    [
        .. Frame(1, $"{First} ein süßer Zug\n"),
        .. Frame(2, $"{Second} \n"),
        .. Frame(1, $"{First} begin "),
        .. Frame(2, $"{Second} between\r\n"),
        .. Frame(1, $"{Second} and end\n"),
        .. Frame(1, $"{Second} no line end"),
    ];

    static readonly (LogStream, string)[] SampleLines =
    [
        (LogStream.Out, "ein süßer Zug"), (LogStream.Error, ""), (LogStream.Error, "between"), (LogStream.Out, "begin and end"), (LogStream.Out, "no line end"),
    ];

    [Fact]
    public async Task Read_CutAtEveryByte_GivesTheSameLines()
    {
        for (var cut = 0; cut <= Sample.Length; cut++)
            (await Read(false, Sample[..cut], Sample[cut..])).Select(l => (l.Stream, l.Text)).ShouldBe(SampleLines, $"cut at {cut}");
    }

    [Fact]
    public async Task Read_ByteByByte_GivesTheSameLines() =>
        (await Read(false, [.. Sample.Select(b => new[] { b })])).Select(l => (l.Stream, l.Text)).ShouldBe(SampleLines);

    [Fact]
    public async Task Read_Times_AreOfTheLinesFirstPartAndNeverRoundedUp()
    {
        var lines = await Read(false, Sample);

        lines.Single(l => l.Text == "begin and end").Time.ShouldBe(new DateTimeOffset(2026, 11, 22, 22, 2, 0, TimeSpan.Zero).AddTicks(3380831));
        lines.Single(l => l.Text == "between").Time.ShouldBe(new DateTimeOffset(2026, 11, 22, 22, 2, 1, TimeSpan.Zero));
    }

    [Fact]
    public async Task Read_SeveralLinesInOneFrame_AreLinesOfTheirOwn() =>
        (await Read(false, Frame(1, $"{First} one\n{Second} two\nthree\n"))).Select(l => l.Text).ShouldBe(["one", "two", "three"]);

    [Fact]
    public async Task Read_TextThatLooksLikeATime_StaysText() =>
        (await Read(false, Frame(1, $"{First} {Second} said\n"))).Single().Text.ShouldBe($"{Second} said");

    [Fact]
    public async Task Read_NoTime_KeepsTheText() =>
        (await Read(false, Frame(1, "plain text\n"), Frame(1, "2026-13-45T99:99:99.0Z odd\n"))).Select(l => l.Text).ShouldBe(["plain text", "2026-13-45T99:99:99.0Z odd"]);

    [Fact]
    public async Task Read_EndWithinAFrame_IsABrokenStream() =>
        await Should.ThrowAsync<EndOfStreamException>(() => Read(false, Sample[..^1]));

    [Fact]
    public async Task Read_NoFrames_IsRefused() =>
        (await Should.ThrowAsync<EngineException>(() => Read(false, Encoding.UTF8.GetBytes("this is no frame at all")))).Message.ShouldContain("frame of type");

    [Fact]
    public async Task Read_LineWithoutEnd_ComesInParts()
    {
        var part = new string('x', 16 << 10);
        var frames = Enumerable.Range(0, 100).Select(_ => Frame(1, $"{First} {part}")).ToArray();

        var lines = await Read(false, frames);

        lines.Count.ShouldBe(2);
        lines[0].Text.Length.ShouldBe(LineAssembler.MaxLine);
        lines.Sum(l => l.Text.Length).ShouldBe(100 * part.Length);
    }

    [Fact]
    public async Task Read_TerminalCutAtEveryByte_GivesTheSameLines()
    {
        var bytes = Encoding.UTF8.GetBytes($"{First} übung\r\n{Second} two\r\n{Second} prompt$ ");
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var lines = await Read(true, bytes[..cut], bytes[cut..]);
            lines.Select(l => l.Text).ShouldBe(["übung", "two", "prompt$ "], $"cut at {cut}");
            lines[0].Time.ShouldBeLessThan(lines[1].Time);
        }
    }

    static byte[] Frame(byte stream, string text)
    {
        var payload = Encoding.UTF8.GetBytes(text);
        var frame = new byte[8 + payload.Length];
        frame[0] = stream;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), payload.Length);
        payload.CopyTo(frame, 8);
        return frame;
    }

    /// <summary>Each chunk is one read of the stream.</summary>
    static async Task<List<RawLogLine>> Read(bool terminal, params byte[][] chunks)
    {
        var pipe = new Pipe();
        var writing = Task.Run(async () =>
        {
            foreach (var chunk in chunks)
                if (chunk.Length > 0) await pipe.Writer.WriteAsync(chunk, Cancel);
            await pipe.Writer.CompleteAsync();
        }, Cancel);
        var lines = new List<RawLogLine>();
        await using var stream = pipe.Reader.AsStream();
        await foreach (var line in LogReader.Read(stream, terminal, Cancel)) lines.Add(line);
        await writing;
        return lines;
    }
}
