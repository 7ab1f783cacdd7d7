using Slipway.Model;

namespace Slipway.Gateway.Measuring;

/// <summary>
/// What was counted of the copies that one service of one release got, and of the requests that they are copies of; and how many are under way, whichever table
/// they began by.
/// </summary>
sealed class MirrorCounters
{
    readonly TimeCounters _times = new(), _originals = new();
    readonly long[] _brokenOff = new long[6];
    long _dropped;
    int _underWay;

    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>False: there are so many already.</summary>
    public bool TryBegin(int most)
    {
        if (Interlocked.Increment(ref _underWay) <= most) return true;
        Interlocked.Decrement(ref _underWay);
        return false;
    }

    public void End() => Interlocked.Decrement(ref _underWay);

    public void CountDropped() => Interlocked.Increment(ref _dropped);

    /// <param name="status">0: no answer.</param>
    /// <param name="ticks">From the copy's beginning to the answer's end.</param>
    /// <param name="failed">No whole answer.</param>
    public void Count(int status, long ticks, bool failed)
    {
        var kind = status is >= 200 and < 600 ? status / 100 : TimeCounters.Failed;
        if (failed && kind != TimeCounters.Failed) Interlocked.Increment(ref _brokenOff[kind]);
        _times.Count(failed ? TimeCounters.Failed : kind, ticks);
    }

    /// <summary>How a request ended that was copied: as <see cref="ReleaseCounters.Count"/>.</summary>
    public void CountOriginal(int status, long ticks, bool failed) => _originals.Count(TimeCounters.KindOf(status, failed), ticks);

    public MirroredTraffic Read()
    {
        var (times, counts) = _times.Read();
        return new()
        {
            Requests = counts.Sum(),
            ByClass = [0, .. Enumerable.Range(1, 5).Select(kind => counts[kind] + Volatile.Read(ref _brokenOff[kind]))],
            Failed = counts[TimeCounters.Failed],
            Dropped = Interlocked.Read(ref _dropped),
            Times = times,
            Originals = _originals.Read().Times,
        };
    }
}
