using Slipway.Model;
using Slipway.Releases.Canary;

namespace Slipway.Releases.Tests.Canary;

public sealed class JudgeTests
{
    static readonly JudgePolicy Policy = new();

    [Fact]
    public void Decide_BothGood_Passes() => Decide(Arm(1000), Arm(9000)).ShouldBe(new Judgement(JudgeVerdict.Pass, null));

    [Theory]
    [InlineData(99, 9000, "99 requests to the new release, of 100 that a verdict takes")]
    [InlineData(1000, 1, "1 request to v41, of 100 that a verdict takes")]
    [InlineData(0, 0, "0 requests to the new release, of 100 that a verdict takes")]
    public void Decide_TooFewRequestsOfEither_HasNoData(int next, int stable, string reason)
    {
        // However bad it looks.
        Decide(Arm(next, errors: next), Arm(stable)).ShouldBe(new Judgement(JudgeVerdict.NoData, reason));
    }

    [Theory]
    [InlineData(10, JudgeVerdict.Pass)]
    [InlineData(11, JudgeVerdict.Fail)]
    public void Decide_Errors_LimitIsByTheEstimate(int errors, JudgeVerdict expected) =>
        Decide(Arm(1000, errors), Arm(1000, errors)).Verdict.ShouldBe(expected);

    [Theory]
    // 0.9% against 0.1% of a few: that may be chance, though it is more than half a point.
    [InlineData(9, 1000, 1, 1000, JudgeVerdict.Pass)]
    // The same shares of many are no chance.
    [InlineData(900, 100_000, 100, 100_000, JudgeVerdict.Fail)]
    // Certainly worse, but by less than the margin.
    [InlineData(400, 100_000, 100, 100_000, JudgeVerdict.Pass)]
    public void Decide_ErrorsAgainstTheLiveOne_MustBeCertain(int errors, int requests, int stableErrors, int stableRequests, JudgeVerdict expected) =>
        Decide(Arm(requests, errors), Arm(stableRequests, stableErrors)).Verdict.ShouldBe(expected);

    [Fact]
    public void Decide_SlowerThanTheLimit_SaysBothTimes() =>
        Decide(Arm(1000, milliseconds: 740), Arm(9000, milliseconds: 200)).Reason.ShouldBe("p99 798.3 ms against 199.6 ms of v41 in the same window (limit 500 ms)");

    [Theory]
    // One bucket apart is within what a bucket hides.
    [InlineData(200, 250, JudgeVerdict.Pass)]
    [InlineData(200, 315, JudgeVerdict.Fail)]
    public void Decide_SlowerThanTheLiveOne_MustBeCertain(double stable, double next, JudgeVerdict expected)
    {
        var judgement = Decide(Arm(1000, milliseconds: next), Arm(9000, milliseconds: stable));
        judgement.Verdict.ShouldBe(expected);
        if (expected == JudgeVerdict.Fail) judgement.Reason.ShouldNotBeNull().ShouldEndWith("in the same window (limit 1.2x)");
    }

    [Fact]
    public void Decide_FewSlowRequests_AreNoProofAgainstTheNewRelease()
    {
        // 2 of 100 are above what 99 of 100 should be below: with 95% that may be chance.
        var next = Arm(98, milliseconds: 20) is var fast ? fast with { Requests = 100, Latency = Add(fast.Latency, Arm(2, milliseconds: 400).Latency) } : null!;
        Decide(next, Arm(100_000, milliseconds: 20)).Verdict.ShouldBe(JudgeVerdict.Pass);
    }

    [Fact]
    public void Decide_AllRequestsAreTheNewOnes_OnlyLimitsCount()
    {
        Judge.Decide(Policy, Arm(1000, errors: 9, milliseconds: 400), ArmCounts.None, isShared: false, 41).Verdict.ShouldBe(JudgeVerdict.Pass);
        Judge.Decide(Policy, Arm(1000, errors: 20), ArmCounts.None, isShared: false, 41).Reason.ShouldBe("errors 2% (limit 1%)");
        Judge.Decide(Policy, Arm(99), ArmCounts.None, isShared: false, 41).Verdict.ShouldBe(JudgeVerdict.NoData);
    }

    [Theory]
    [InlineData(1, 0, JudgeVerdict.Fail)]
    [InlineData(1, 1, JudgeVerdict.Pass)]
    [InlineData(0, 3, JudgeVerdict.Pass)]
    public void Decide_Restarts_CountWhereTheLiveOneHadFewer(int next, int stable, JudgeVerdict expected) =>
        Decide(Arm(1000) with { Restarts = next }, Arm(1000) with { Restarts = stable }).Verdict.ShouldBe(expected);

    [Fact]
    public void Decide_SeveralThingsWrong_NamesThemAll() =>
        Decide(Arm(1000, errors: 100, milliseconds: 900) with { Restarts = 2 }, Arm(1000)).Reason.ShouldNotBeNull().Split("; ").Length.ShouldBe(3);

    [Fact]
    public void Decide_AnyLimit_OnlyTheComparisonCounts()
    {
        var policy = Policy with { Checks = [new JudgeCheck { Measure = JudgeMeasure.P99, VersusStable = 1.2 }] };
        Judge.Decide(policy, Arm(1000, milliseconds: 2000), Arm(1000, milliseconds: 2000), isShared: true, 41).Verdict.ShouldBe(JudgeVerdict.Pass);
    }

    [Theory]
    [InlineData("F", null)]
    [InlineData("FF", "2 of 2")]
    [InlineData("FPPPF", null)]
    [InlineData("FPPF", "2 of 4")]
    [InlineData("FNNNNNNF", "2 of 2")]
    [InlineData("NNNN", null)]
    [InlineData("FFPP", "2 of 4")]
    [InlineData("FFPPP", null)]
    public void Failure_OfTheLastWindowsWithData(string verdicts, string? expected)
    {
        var windows = verdicts.Select((v, i) => Window(i + 1, v switch { 'F' => JudgeVerdict.Fail, 'P' => JudgeVerdict.Pass, _ => JudgeVerdict.NoData })).ToList();
        Judge.Failure(Policy, windows).ShouldBe(expected is null ? null : $"bad {verdicts.LastIndexOf('F') + 1}, {expected} windows");
    }

    /// <summary>By the binomial distribution: of 100 at most 3 are above the 99% quantile with 98%, at most 2 with 92%; and so on.</summary>
    [Theory]
    [InlineData(100, 97, 100)]
    [InlineData(298, 292, 298)]
    [InlineData(299, 293, 299)]
    [InlineData(473, 464, 472)]
    public void Ranks_OfFewRequests_AreExact(int all, int low, int high) => (Bounds.LowRank(all, 0.99), Bounds.HighRank(all, 0.99)).ShouldBe((low, high));

    [Fact]
    public void Wilson_NoHits_IsTheRuleOfThree()
    {
        var (low, high) = Bounds.Wilson(0, 100);
        low.ShouldBe(0);
        high.ShouldBe(0.02634, 0.00001);
    }

    static Judgement Decide(ArmCounts next, ArmCounts stable) => Judge.Decide(Policy, next, stable, isShared: true, 41);

    internal static ArmCounts Arm(long requests, long errors = 0, double milliseconds = 20)
    {
        var latency = new long[ReleaseTraffic.LatencyBuckets.Count + 1];
        latency[ReleaseTraffic.LatencyBuckets.TakeWhile(b => b < milliseconds).Count()] = requests;
        return new ArmCounts { Requests = requests, Errors = errors, Latency = latency };
    }

    static IReadOnlyList<long> Add(IReadOnlyList<long> one, IReadOnlyList<long> other) => [.. one.Zip(other, (a, b) => a + b)];

    static CanaryWindow Window(int number, JudgeVerdict verdict) => new()
    {
        Number = number,
        From = DateTimeOffset.UnixEpoch,
        To = DateTimeOffset.UnixEpoch,
        Step = 0,
        Weight = 1,
        Verdict = verdict,
        Reason = verdict == JudgeVerdict.Fail ? $"bad {number}" : null,
        New = new CanaryArm { Release = 2 },
        Stable = new CanaryArm { Release = 1 },
    };
}
