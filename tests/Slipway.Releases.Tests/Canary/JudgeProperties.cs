using FsCheck;
using FsCheck.Fluent;
using Slipway.Model;
using Slipway.Releases.Canary;

namespace Slipway.Releases.Tests.Canary;

/// <summary>What must hold of the judge whatever was counted.</summary>
public sealed class JudgeProperties
{
    static readonly JudgePolicy Relative = new()
    {
        Checks = [new JudgeCheck { Measure = JudgeMeasure.Errors, VersusStable = 0 }, new JudgeCheck { Measure = JudgeMeasure.P99, VersusStable = 1 }],
    };

    static readonly Gen<ArmCounts> Arms =
        from latency in Gen.ArrayOf(Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Choose(0, 5000))), ReleaseTraffic.LatencyBuckets.Count + 1)
        from errors in Gen.Choose(0, 100)
        select new ArmCounts { Requests = latency.Sum(), Errors = (long)latency.Sum() * errors / 100, Latency = [.. latency.Select(l => (long)l)] };

    [Fact]
    public void Decide_SameCountsOfBoth_NeverFailsByComparison() => Check(Arms, arm =>
        Judge.Decide(Relative, arm, arm, isShared: true, 1).Verdict != JudgeVerdict.Fail);

    [Fact]
    public void Decide_TooFewRequestsOfEither_IsAlwaysNoData() => Check(from one in Arms from other in Arms select (one, other), arms =>
        (arms.one.Requests >= 100 && arms.other.Requests >= 100)
        || Judge.Decide(new JudgePolicy(), arms.one, arms.other, isShared: true, 1).Verdict == JudgeVerdict.NoData);

    [Fact]
    public void Decide_MoreErrorsOfTheNewOne_NeverMakesItBetter() => Check(from one in Arms from other in Arms from more in Gen.Choose(0, 1000) select (one, other, more), arms =>
    {
        var worse = arms.one with { Errors = Math.Min(arms.one.Requests, arms.one.Errors + arms.more) };
        return Judge.Decide(Relative, arms.one, arms.other, isShared: true, 1).Verdict != JudgeVerdict.Fail
            || Judge.Decide(Relative, worse, arms.other, isShared: true, 1).Verdict == JudgeVerdict.Fail;
    });

    [Fact]
    public void Wilson_Always_HoldsTheEstimateAndStaysWithin() => Check(from all in Gen.Choose(1, 1_000_000) from hits in Gen.Choose(0, all) select (hits, all), counts =>
    {
        var (low, high) = Bounds.Wilson(counts.hits, counts.all);
        var share = (double)counts.hits / counts.all;
        return 0 <= low && low <= share && share <= high && high <= 1;
    });

    [Fact]
    public void LeastDifference_Always_IsBelowTheEstimate() => Check(
        from n in Gen.Choose(1, 100_000) from m in Gen.Choose(1, 100_000) from a in Gen.Choose(0, n) from b in Gen.Choose(0, m) select (a, n, b, m), counts =>
            Bounds.LeastDifference(counts.a, counts.n, counts.b, counts.m) <= ((double)counts.a / counts.n) - ((double)counts.b / counts.m) + 1e-12);

    [Fact]
    public void Ranks_Always_HoldTheQuantileBetweenThem() => Check(Gen.Choose(1, 200_000), all =>
    {
        var (low, high) = (Bounds.LowRank(all, 0.99), Bounds.HighRank(all, 0.99));
        var middle = Math.Ceiling(all * 0.99);
        return low >= 0 && low <= middle && high >= middle && high <= all;
    });

    [Fact]
    public void Quantile_Always_LiesInItsBucket() => Check(Arms, arm =>
        arm.Requests == 0 ? arm.P99 is null : arm.P99 is { } p99 && Histogram.EdgesAt(arm.Latency, (long)Math.Ceiling(arm.Requests * 0.99)) is var (low, high) && p99 >= low && p99 <= high);

    /// <summary>The one promise of a 95% bound: of good releases, judged once each, at most one in twenty is called worse, give or take the sample.</summary>
    [Theory]
    [InlineData(100, 100)]
    [InlineData(150, 5000)]
    [InlineData(2000, 2000)]
    public void Decide_BothOfOneDistribution_RarelyFails(int next, int stable)
    {
        var random = new Random(20261129);
        var failed = 0;
        const int Trials = 400;
        for (var i = 0; i < Trials; i++)
            failed += Judge.Decide(Relative, Draw(random, next), Draw(random, stable), isShared: true, 1).Verdict == JudgeVerdict.Fail ? 1 : 0;
        // Two checks of 5% each are 40; three standard deviations more are 58.
        failed.ShouldBeLessThan(58);
    }

    [Fact]
    public void Decide_TwiceAsManyErrors_IsFound()
    {
        var random = new Random(20261129);
        for (var i = 0; i < 50; i++)
        {
            var worse = Draw(random, 5000) with { Errors = 200 };
            Judge.Decide(Relative, worse, Draw(random, 5000) with { Errors = 100 }, isShared: true, 1).Verdict.ShouldBe(JudgeVerdict.Fail);
        }
    }

    /// <summary>2% errors, times spread as those of servers are: most fast, few very slow.</summary>
    static ArmCounts Draw(Random random, int requests)
    {
        var (latency, errors) = (new long[ReleaseTraffic.LatencyBuckets.Count + 1], 0L);
        for (var i = 0; i < requests; i++)
        {
            var milliseconds = 10 * Math.Pow(random.NextDouble(), -0.7);
            latency[ReleaseTraffic.LatencyBuckets.TakeWhile(b => b < milliseconds).Count()]++;
            if (random.NextDouble() < 0.02) errors++;
        }
        return new ArmCounts { Requests = requests, Errors = errors, Latency = latency };
    }

    static void Check<T>(Gen<T> values, Func<T, bool> holds) => FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Arb.From(values), holds));
}
