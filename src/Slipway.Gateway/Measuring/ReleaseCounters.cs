using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Slipway.Model;

namespace Slipway.Gateway.Measuring;

/// <summary>
/// What was counted of one service of one release. Each processor counts in a stripe of its own, so that cores don't fight for one cache line;
/// a report adds the stripes up. A stripe: [requests][failed][1xx ... 5xx][latency buckets ...].
/// </summary>
sealed class ReleaseCounters(int release)
{
    const int Failed = 1, Classes = 2, Buckets = 7;

    static readonly long[] BoundTicks = [.. ReleaseTraffic.LatencyBuckets.Select(ms => (long)(ms * Stopwatch.Frequency / 1000))];
    static readonly int StripeCount = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Min(Environment.ProcessorCount, 16));

    // A cache line of air on each side, so that two stripes that are neighbours in memory share none.
    const int Air = 8;
    readonly long[][] _stripes = [.. Enumerable.Range(0, StripeCount).Select(_ => new long[Air + Buckets + BoundTicks.Length + 1 + Air])];

    // Goals are reached now and then: no stripes. Null until the first.
    ConcurrentDictionary<string, StrongBox<long>>? _goals;

    public int Release { get; } = release;

    public void CountGoal(string name)
    {
        var goals = _goals ?? Interlocked.CompareExchange(ref _goals, new ConcurrentDictionary<string, StrongBox<long>>(), null) ?? _goals!;
        Interlocked.Increment(ref goals.GetOrAdd(name, static _ => new StrongBox<long>()).Value);
    }

    /// <param name="status">As the instance gave it, or 0 where it gave none.</param>
    /// <param name="ticks">Of <see cref="Stopwatch"/>, to the answer's end.</param>
    /// <param name="failed">The gateway had to answer itself, or the answer broke off.</param>
    public void Count(int status, long ticks, bool failed)
    {
        var stripe = _stripes[Thread.GetCurrentProcessorId() & (StripeCount - 1)];
        Interlocked.Increment(ref stripe[Air]);
        if (failed) Interlocked.Increment(ref stripe[Air + Failed]);
        if (status is >= 100 and < 600) Interlocked.Increment(ref stripe[Air + Classes + status / 100 - 1]);
        var bucket = 0;
        while (bucket < BoundTicks.Length && ticks > BoundTicks[bucket]) bucket++;
        Interlocked.Increment(ref stripe[Air + Buckets + bucket]);
    }

    public ReleaseTraffic Read(AppName app, string service, int release) => new()
    {
        App = app,
        Service = service,
        Release = release,
        Goals = _goals?.ToDictionary(g => g.Key, g => Interlocked.Read(ref g.Value.Value)),
        Requests = Sum(0),
        Failed = Sum(Failed),
        ByClass = [0, .. Enumerable.Range(0, 5).Select(i => Sum(Classes + i))],
        Latency = [.. Enumerable.Range(0, BoundTicks.Length + 1).Select(i => Sum(Buckets + i))],
    };

    long Sum(int field) => _stripes.Sum(s => Volatile.Read(ref s[Air + field]));
}
