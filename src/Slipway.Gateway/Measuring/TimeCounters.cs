using System.Diagnostics;
using System.Numerics;
using Slipway.Model;

namespace Slipway.Gateway.Measuring;

/// <summary>
/// Requests by how they ended and by their time: one count says both, so that a request costs one increment, and all else is summed up for a report. Each
/// processor counts in a stripe of its own, so that cores don't fight for one cache line. A way of ending takes memory from its first request on.
/// </summary>
sealed class TimeCounters
{
    /// <summary>Beside the classes 1 to 5.</summary>
    public const int Left = 0, Failed = 6;

    const int Kinds = 7;

    // A cache line of air on each side, so that two stripes that are neighbours in memory share none.
    const int Air = 8;

    static readonly long[] BoundTicks = [.. ReleaseTraffic.LatencyBuckets.Select(ms => (long)(ms * Stopwatch.Frequency / 1000))];
    static readonly int StripeCount = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Min(Environment.ProcessorCount, 16));

    readonly long[]?[] _cells = new long[]?[StripeCount * Kinds];

    /// <param name="kind">1 to 5: the answer's class; or <see cref="Left"/>, <see cref="Failed"/>.</param>
    /// <param name="ticks">Of <see cref="Stopwatch"/>, to the answer's end.</param>
    public void Count(int kind, long ticks)
    {
        ref var place = ref _cells[(Thread.GetCurrentProcessorId() & (StripeCount - 1)) * Kinds + kind];
        var cells = Volatile.Read(ref place) ?? Make(ref place);
        var bucket = 0;
        while (bucket < BoundTicks.Length && ticks > BoundTicks[bucket]) bucket++;
        Interlocked.Increment(ref cells[Air + bucket]);
    }

    /// <summary>0 is no answer: the client left before there was one.</summary>
    public static int KindOf(int status, bool failed) => failed ? Failed : status is >= 100 and < 600 ? status / 100 : Left;

    /// <summary>The histogram of one way of ending, or null where nothing ended so.</summary>
    public long[]? Read(int kind)
    {
        long[]? sum = null;
        for (var stripe = 0; stripe < StripeCount; stripe++)
        {
            if (Volatile.Read(ref _cells[stripe * Kinds + kind]) is not { } cells) continue;
            sum ??= new long[BoundTicks.Length + 1];
            for (var bucket = 0; bucket < sum.Length; bucket++) sum[bucket] += Volatile.Read(ref cells[Air + bucket]);
        }
        return sum;
    }

    /// <summary>All of them, and how many each holds, read once so that the numbers agree.</summary>
    public (AnswerTimes Times, long[] Counts) Read()
    {
        var read = Enumerable.Range(0, Kinds).Select(Read).ToArray();
        return (new AnswerTimes
        {
            Left = read[Left],
            Upgraded = read[1],
            Success = read[2],
            Redirect = read[3],
            ClientError = read[4],
            ServerError = read[5],
            Failed = read[Failed],
        }, [.. read.Select(counts => counts?.Sum() ?? 0)]);
    }

    static long[] Make(ref long[]? place)
    {
        var made = new long[Air + BoundTicks.Length + 1 + Air];
        return Interlocked.CompareExchange(ref place, made, null) ?? made;
    }
}
