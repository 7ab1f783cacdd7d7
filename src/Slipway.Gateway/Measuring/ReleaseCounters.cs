using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Slipway.Model;

namespace Slipway.Gateway.Measuring;

/// <summary>What was counted of one service of one release.</summary>
sealed class ReleaseCounters(int release)
{
    readonly TimeCounters _times = new();

    // Answers that broke off, by their class: counted as failed, and rare enough for a line that all processors share.
    readonly long[] _brokenOff = new long[6];

    // As rare.
    long _retries, _retriesDenied;

    // Goals are reached now and then: no stripes. Null until the first.
    ConcurrentDictionary<string, StrongBox<long>>? _goals;

    public int Release { get; } = release;

    /// <summary>Of its copies; there from the first table on that has it as a mirror.</summary>
    public MirrorCounters? Mirrored { get; set; }

    public void CountRetry() => Interlocked.Increment(ref _retries);

    public void CountRetryDenied() => Interlocked.Increment(ref _retriesDenied);

    public void CountGoal(string name)
    {
        var goals = _goals ?? Interlocked.CompareExchange(ref _goals, new ConcurrentDictionary<string, StrongBox<long>>(), null) ?? _goals!;
        Interlocked.Increment(ref goals.GetOrAdd(name, static _ => new StrongBox<long>()).Value);
    }

    /// <param name="status">As the instance gave it, or 0 where it gave none.</param>
    /// <param name="ticks">Of <see cref="System.Diagnostics.Stopwatch"/>, to the answer's end.</param>
    /// <param name="failed">The gateway had to answer itself, or the answer broke off.</param>
    public void Count(int status, long ticks, bool failed)
    {
        var kind = status is >= 100 and < 600 ? status / 100 : TimeCounters.Left;
        if (failed && kind > 0) Interlocked.Increment(ref _brokenOff[kind]);
        _times.Count(failed ? TimeCounters.Failed : kind, ticks);
    }

    public ReleaseTraffic Read(AppName app, string service, int release)
    {
        var (times, counts) = _times.Read();
        return new()
        {
            App = app,
            Service = service,
            Release = release,
            Goals = _goals?.ToDictionary(g => g.Key, g => Interlocked.Read(ref g.Value.Value)),
            Requests = counts.Sum(),
            Failed = counts[TimeCounters.Failed],
            ByClass = [0, .. Enumerable.Range(1, 5).Select(kind => counts[kind] + Volatile.Read(ref _brokenOff[kind]))],
            Retries = Interlocked.Read(ref _retries),
            RetriesDenied = Interlocked.Read(ref _retriesDenied),
            Times = times,
            Mirrored = Mirrored?.Read(),
        };
    }
}
