using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Matching;
using Slipway.Gateway.Measuring;
using Slipway.Model;

namespace Slipway.Gateway.Splitting;

/// <summary>Goals of an experiment, as answered requests are compared with them.</summary>
sealed class CompiledGoals(IReadOnlyList<GoalPolicy> goals)
{
    readonly (GoalPolicy Source, CompiledMatch Match)[] _goals = [.. goals.Select(g => (g, new CompiledMatch(g.Request)))];

    /// <param name="exchange">The request.</param>
    /// <param name="counters">Of the release that it went to.</param>
    /// <param name="isAnswered">The whole answer went to the client.</param>
    public void Count(Exchange exchange, ReleaseCounters counters, bool isAnswered)
    {
        // Who can't be told apart is somebody else each time.
        var (groups, group) = (counters.Groups, exchange.Group ?? Random.Shared.Next(UserGroups.Count));
        groups.CountRequest(group);
        if (!isAnswered) return;
        foreach (var (goal, match) in _goals)
            if (IsOneOf(exchange.Answer.Status, goal.Statuses) && match.Holds(exchange)) groups.CountGoal(goal.Name, group);
    }

    static bool IsOneOf(int status, IReadOnlyList<StatusRange> ranges)
    {
        for (var i = 0; i < ranges.Count; i++)
            if (status >= ranges[i].Low && status <= ranges[i].High) return true;
        return false;
    }
}
