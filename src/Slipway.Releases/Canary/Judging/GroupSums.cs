using Slipway.Model;

namespace Slipway.Releases.Canary;

/// <summary>Sums and differences of what was counted by groups of users. Null: nothing was.</summary>
static class GroupSums
{
    public static UserGroups? Plus(UserGroups? one, UserGroups? other) => one is null || other is null ? one ?? other : new UserGroups
    {
        Requests = Plus(one.Requests, other.Requests),
        Goals = one.Goals.Concat(other.Goals).GroupBy(goal => goal.Key).ToDictionary(goal => goal.Key, goal => goal.Select(g => g.Value).Aggregate(Plus)),
    };

    /// <summary>Never below nothing: the parts of a report are not read at one instant.</summary>
    public static UserGroups? Minus(UserGroups? later, UserGroups? earlier) => later is null || earlier is null ? later : new UserGroups
    {
        Requests = Minus(later.Requests, earlier.Requests),
        Goals = later.Goals.ToDictionary(goal => goal.Key, goal => earlier.Goals.TryGetValue(goal.Key, out var before) ? Minus(goal.Value, before) : goal.Value),
    };

    static IReadOnlyList<long> Plus(IReadOnlyList<long> one, IReadOnlyList<long> other) => [.. one.Zip(other, (a, b) => a + b)];

    static IReadOnlyList<long> Minus(IReadOnlyList<long> later, IReadOnlyList<long> earlier) => [.. later.Zip(earlier, (a, b) => Math.Max(0, a - b))];
}
