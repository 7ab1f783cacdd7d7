using System.Threading.Channels;
using Slipway.Model;

namespace Slipway.Server.Logs;

/// <summary>
/// The lines of several instances as one stream in the order of their times. Each source is in order by itself; the earliest of the first lines
/// goes out next. While following, a quiet source can't hold the others back for longer than <paramref name="patience"/>:
/// a line that comes later still is passed on, out of order. Memory: at most <see cref="Ahead"/> lines of each source.
/// </summary>
/// <param name="cancel">Ends the sources and the reading.</param>
/// <param name="patience">How long to wait for sources that have no line ready; infinite where all of them end (no follow): the order is exact.</param>
sealed class LogMerge(TimeSpan patience, TimeProvider time, CancellationToken cancel)
{
    const int Ahead = 256;

    readonly Lock _lock = new();
    readonly List<Source> _sources = [];
    readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    bool _closed;

    /// <summary>Adds a source; may be called while lines are being read.</summary>
    public void Add(IAsyncEnumerable<LogLine> lines)
    {
        var source = new Source(Channel.CreateBounded<LogLine>(new BoundedChannelOptions(Ahead) { SingleReader = true, SingleWriter = true }), time.GetTimestamp());
        lock (_lock) _sources.Add(source);
        source.Pumping = Pump(source, lines);
    }

    /// <summary>No source will be added any more: the stream ends with the last of them.</summary>
    public void Close()
    {
        lock (_lock) _closed = true;
        Changed();
    }

    /// <summary>The merged stream; to be read once. Throws what a source threw.</summary>
    public async IAsyncEnumerable<LogLine> Lines()
    {
        while (true)
        {
            var (next, wait, ended) = Look();
            if (ended is not null) await ended.Pumping;
            else if (next is not null) yield return Take(next);
            else if (wait is null) yield break;
            else await WaitForChange(wait.Value);
        }
    }

    static LogLine Take(Source source) => source.Lines.Reader.TryRead(out var line) ? line : throw new InvalidOperationException("A source's line went away.");

    /// <summary>Which source goes next; or how long to wait; or which one has ended and is to be asked whether it ended well.</summary>
    (Source? Next, TimeSpan? Wait, Source? Ended) Look()
    {
        Source? next = null;
        var earliest = DateTimeOffset.MaxValue;
        var wait = TimeSpan.Zero;
        lock (_lock)
        {
            for (var i = _sources.Count - 1; i >= 0; i--)
            {
                var source = _sources[i];
                if (source.Lines.Reader.TryPeek(out var line))
                {
                    if (next is null || line.Time < earliest) (next, earliest) = (source, line.Time);
                    source.QuietSince = time.GetTimestamp();
                }
                else if (source.Lines.Reader.Completion.IsCompleted)
                {
                    _sources.RemoveAt(i);
                    return (null, null, source);
                }
                else if (patience == Timeout.InfiniteTimeSpan)
                {
                    wait = Timeout.InfiniteTimeSpan;
                }
                else if (patience - time.GetElapsedTime(source.QuietSince) is var left && left > wait)
                {
                    wait = left;
                }
            }
            if (next is null) return (null, _sources.Count == 0 && _closed ? null : Timeout.InfiniteTimeSpan, null);
            return wait == TimeSpan.Zero ? (next, null, null) : (null, wait, null);
        }
    }

    async Task Pump(Source source, IAsyncEnumerable<LogLine> lines)
    {
        try
        {
            await foreach (var line in lines.WithCancellation(cancel))
            {
                await source.Lines.Writer.WriteAsync(line, cancel);
                Changed();
            }
        }
        finally
        {
            source.Lines.Writer.TryComplete();
            Changed();
        }
    }

    async Task WaitForChange(TimeSpan atMost)
    {
        using var limit = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            await _changes.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // Waited long enough for the quiet ones.
        }
    }

    void Changed() => _changes.Writer.TryWrite(true);

    sealed class Source(Channel<LogLine> lines, long quietSince)
    {
        public Channel<LogLine> Lines { get; } = lines;

        public Task Pumping { get; set; } = Task.CompletedTask;

        /// <summary>When it last had a line ready; until its first, when it was added.</summary>
        public long QuietSince { get; set; } = quietSince;
    }
}
