using System.Threading.Channels;
using Slipway.Model;
using Slipway.Server.Logs;

namespace Slipway.Server.Tests.Logs;

public sealed class LogMergeTests
{
    static readonly DateTimeOffset Start = new(2026, 2, 1, 12, 0, 0, TimeSpan.Zero);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lines_SourcesThatEnd_AreInTheOrderOfTheirTimes()
    {
        var merge = new LogMerge(Timeout.InfiniteTimeSpan, TimeProvider.System, Cancel);
        merge.Add(Written("a", 1, 4, 7, 900));
        merge.Add(Written("b", 2, 3, 8));
        merge.Add(Written("c"));
        merge.Add(Written("d", [.. Enumerable.Range(10, 800)]));
        merge.Close();

        var times = await merge.Lines().Select(line => (line.Time - Start).TotalSeconds).ToListAsync(Cancel);

        times.ShouldBe([1, 2, 3, 4, 7, 8, .. Enumerable.Range(10, 800).Select(i => (double)i), 900]);
    }

    [Fact]
    public async Task Lines_SlowSourceThatEnds_IsWaitedFor()
    {
        var slow = Channel.CreateUnbounded<LogLine>();
        var merge = new LogMerge(Timeout.InfiniteTimeSpan, TimeProvider.System, Cancel);
        merge.Add(Written("a", 2));
        merge.Add(slow.Reader.ReadAllAsync(Cancel));
        merge.Close();
        await using var lines = merge.Lines().GetAsyncEnumerator(Cancel);

        var first = lines.MoveNextAsync();
        first.IsCompleted.ShouldBeFalse();
        slow.Writer.TryWrite(Line("b", 1));
        slow.Writer.Complete();

        (await first).ShouldBeTrue();
        lines.Current.Text.ShouldBe("b1");
    }

    [Fact]
    public async Task Lines_QuietSourceWhileFollowing_HoldsNobodyUp()
    {
        var quiet = Channel.CreateUnbounded<LogLine>();
        var merge = new LogMerge(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);
        merge.Add(quiet.Reader.ReadAllAsync(Cancel));
        merge.Add(Written("a", 1, 2, 3));

        var read = await merge.Lines().Take(3).Select(line => line.Text).ToListAsync(Cancel);

        read.ShouldBe(["a1", "a2", "a3"]);
    }

    [Fact]
    public async Task Lines_SourceAddedWhileReading_IsJoined()
    {
        var merge = new LogMerge(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);
        merge.Add(Written("a", 1));
        await using var lines = merge.Lines().GetAsyncEnumerator(Cancel);
        (await lines.MoveNextAsync()).ShouldBeTrue();

        merge.Add(Written("b", 2));
        merge.Close();

        (await lines.MoveNextAsync()).ShouldBeTrue();
        lines.Current.Text.ShouldBe("b2");
        (await lines.MoveNextAsync()).ShouldBeFalse();
    }

    [Fact]
    public async Task Lines_SourceFails_FailsAfterWhatItHadGiven()
    {
        var merge = new LogMerge(Timeout.InfiniteTimeSpan, TimeProvider.System, Cancel);
        merge.Add(Failing());
        merge.Close();
        await using var lines = merge.Lines().GetAsyncEnumerator(Cancel);

        (await lines.MoveNextAsync()).ShouldBeTrue();
        await Should.ThrowAsync<IOException>(async () => await lines.MoveNextAsync());
    }

    static async IAsyncEnumerable<LogLine> Failing()
    {
        yield return Line("a", 1);
        await Task.Yield();
        throw new IOException("broken off");
    }

    static IAsyncEnumerable<LogLine> Written(string instance, params int[] seconds) => seconds.Select(second => Line(instance, second)).ToAsyncEnumerable();

    static LogLine Line(string instance, int second) => new()
    {
        Time = Start.AddSeconds(second),
        Service = "web",
        Instance = instance,
        Stream = LogStream.Out,
        Text = $"{instance}{second}",
    };
}
