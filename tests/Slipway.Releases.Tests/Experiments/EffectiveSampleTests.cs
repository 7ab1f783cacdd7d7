using Slipway.Model;
using Slipway.Releases.Canary;
using Slipway.Releases.Experiments;

namespace Slipway.Releases.Tests.Experiments;

public sealed class EffectiveSampleTests
{
    const string Goal = "/thanks";

    static readonly AbPolicy Policy = new() { Goals = [new GoalPolicy { Name = Goal, Request = new RequestMatch { Path = Goal } }] };

    [Fact]
    public void Interval_UsersWhoComeBackOften_IsWrongNoMoreOftenThanItSays()
    {
        // No difference at all: 95 of 100 experiments must say that nothing is known.
        var (random, said, byRequests) = (new Random(7), 0, 0);
        for (var i = 0; i < 400; i++)
        {
            var pair = new ArmPair(Users(random, 800), Users(random, 800));
            if (Result(pair).Verdict is not null) said++;
            if (Result(new ArmPair(pair.Next with { Groups = null }, pair.Stable with { Groups = null })).Verdict is not null) byRequests++;
        }
        // Four standard deviations above 5% of 400 are 37.
        said.ShouldBeLessThan(38);
        byRequests.ShouldBeGreaterThan(50, "taken for independent, the same requests show what is not there");
    }

    [Fact]
    public void Interval_RequestsThatAreIndependent_IsHardlyWider()
    {
        var random = new Random(7);
        var pair = new ArmPair(Users(random, 20_000, alike: false), Users(random, 20_000, alike: false));
        var (groups, requests) = (Result(pair), Result(new ArmPair(pair.Next with { Groups = null }, pair.Stable with { Groups = null })));
        ((groups.High - groups.Low) / (requests.High - requests.Low))!.Value.ShouldBeInRange(1, 1.35);
    }

    [Fact]
    public void Interval_ARealDifference_IsSeen() =>
        Result(new ArmPair(Users(new Random(1), 4000, rate: 0.09), Users(new Random(2), 4000))).Verdict.ShouldBe("better");

    [Fact]
    public void Interval_FewUsers_SaysNothing()
    {
        // A hundred thousand requests, of which two people made all.
        var requests = new long[UserGroups.Count];
        (requests[3], requests[40]) = (50_000, 50_000);
        var arm = ArmCounts.None with { Requests = 100_000, Goals = new Dictionary<string, long> { [Goal] = 5000 }, Groups = new UserGroups { Requests = requests, Goals = new Dictionary<string, IReadOnlyList<long>> { [Goal] = [.. requests.Select(r => r / 20)] } } };
        var result = Result(new ArmPair(arm, arm));
        (result.Low, result.High, result.Verdict).ShouldBe((null, null, null));
    }

    [Fact]
    public void Interval_NobodyOfOneArmReachesTheGoal_TakesItsUsersToBeAsAlikeAsTheOthers()
    {
        var (stable, none) = (Users(new Random(2), 800), Users(new Random(3), 800, rate: 0));
        var (groups, requests) = (Result(new ArmPair(none, stable)), Result(new ArmPair(none with { Groups = null }, stable with { Groups = null })));
        groups.Verdict.ShouldBe("worse");
        (groups.High - groups.Difference)!.Value.ShouldBeGreaterThan((requests.High - requests.Difference)!.Value * 1.1);
    }

    [Theory]
    [InlineData(9, 2.262)]
    [InlineData(20, 2.086)]
    [InlineData(63, 1.998)]
    public void TwoSidedT_IsAsInTheTables(int degrees, double quantile) => Bounds.TwoSidedT(degrees).ShouldBe(quantile, 0.001);

    [Fact]
    public void Groups_AddUpAndComeApartAgain()
    {
        var (one, two) = (Users(new Random(1), 100), Users(new Random(2), 100));
        var sum = new ArmPair(one, two).Plus(new ArmPair(two, one));
        sum.Next.Groups!.Requests.Sum().ShouldBe(one.Requests + two.Requests);
        var left = sum.Minus(new ArmPair(two, one));
        left.Next.Groups!.Requests.ShouldBe(one.Groups!.Requests);
        left.Next.Groups.Goals[Goal].ShouldBe(one.Groups.Goals[Goal]);
    }

    static GoalResult Result(ArmPair total) => ExperimentResults.Of(new Tally { Began = default, Through = default, Total = total, Sessions = new Dictionary<string, ArmPair>() }, Policy, 2, 1, null).Goals.Single();

    /// <summary>Most come a few times and some very often; some reach the goal much more often than others.</summary>
    /// <param name="rate">Of all requests.</param>
    /// <param name="alike">Else each request is drawn for itself.</param>
    static ArmCounts Users(Random random, int count, double rate = 0.05, bool alike = true)
    {
        var (requests, reached) = (new long[UserGroups.Count], new long[UserGroups.Count]);
        for (var user = 0; user < count; user++)
        {
            var (group, times, own) = (random.Next(UserGroups.Count), alike ? (int)(2 / Math.Pow(1 - random.NextDouble(), 0.5)) : 1, !alike ? rate : random.Next(5) == 0 ? rate * 4 : rate / 4);
            requests[group] += times;
            for (var i = 0; i < times; i++)
                if (random.NextDouble() < own) reached[group]++;
        }
        var goals = reached.Sum() == 0 ? new Dictionary<string, IReadOnlyList<long>>() : new Dictionary<string, IReadOnlyList<long>> { [Goal] = reached };
        return ArmCounts.None with { Requests = requests.Sum(), Goals = goals.ToDictionary(g => g.Key, g => g.Value.Sum()), Groups = new UserGroups { Requests = requests, Goals = goals } };
    }
}
