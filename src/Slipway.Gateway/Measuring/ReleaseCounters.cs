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

    // Null until the first request of an experiment.
    GroupCounters? _groups;

    public int Release { get; } = release;

    /// <summary>Of its copies; there from the first table on that has it as a mirror.</summary>
    public MirrorCounters? Mirrored { get; set; }

    public void CountRetry() => Interlocked.Increment(ref _retries);

    public void CountRetryDenied() => Interlocked.Increment(ref _retriesDenied);

    /// <summary>Of an experiment's requests.</summary>
    public GroupCounters Groups => _groups ?? Interlocked.CompareExchange(ref _groups, new GroupCounters(), null) ?? _groups!;

    /// <param name="status">As the instance gave it, or 0 where it gave none.</param>
    /// <param name="ticks">Of <see cref="System.Diagnostics.Stopwatch"/>, to the answer's end.</param>
    /// <param name="failed">The gateway had to answer itself, or the answer broke off.</param>
    public void Count(int status, long ticks, bool failed)
    {
        if (failed && status is >= 100 and < 600) Interlocked.Increment(ref _brokenOff[status / 100]);
        _times.Count(TimeCounters.KindOf(status, failed), ticks);
    }

    public ReleaseTraffic Read(AppName app, string service, int release)
    {
        var (times, counts) = _times.Read();
        var groups = _groups?.Read();
        return new()
        {
            App = app,
            Service = service,
            Release = release,
            Goals = groups is { Goals.Count: > 0 } ? groups.Goals.ToDictionary(goal => goal.Key, goal => goal.Value.Sum()) : null,
            Groups = groups,
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
