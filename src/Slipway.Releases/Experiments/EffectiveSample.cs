using Slipway.Model;
using Slipway.Releases.Canary;

namespace Slipway.Releases.Experiments;

/// <summary>
/// How many independent requests say as much about a goal's rate as an arm's requests do. Those of one user are alike, so that a thousand requests of ten users say
/// little more than ten. Pure.
/// <para>
/// The variance of the rate is estimated by random groups (K. M. Wolter, Introduction to Variance Estimation, chapter 2) as that of a ratio: users are in groups by
/// a hash, and the groups are independent. Over the variance of independent requests that is the design effect (L. Kish, Survey Sampling, 1965), and the requests are
/// divided by it, corrected for the number of groups that it was estimated from (E. L. Korn and B. I. Graubard, Survey Methodology 24, 1998).
/// </para>
/// </summary>
static class EffectiveSample
{
    /// <summary>With fewer groups that anybody asked from, nothing is said of how far the rate may be off.</summary>
    public const int FewestGroups = 10;

    /// <param name="arm">Whose rate it is.</param>
    /// <param name="other">Where none of this arm's requests reached the goal, or all did, its users are taken to be as alike as those of the other.</param>
    /// <param name="goal">By its name.</param>
    /// <returns>Null: too few groups of users to say.</returns>
    public static double? Of(ArmCounts arm, ArmCounts other, string goal)
    {
        // Counted by a gateway that knew no groups.
        if (arm.Groups is not { } groups) return arm.Requests;
        var used = groups.Requests.Count(requests => requests > 0);
        if (used < FewestGroups) return null;
        var effect = Effect(groups, goal) ?? (other.Groups is { } others ? Effect(others, goal) : null) ?? 1;
        return arm.Requests / effect * Math.Pow(Bounds.TwoSidedZ / Bounds.TwoSidedT(used - 1), 2);
    }

    static double? Effect(UserGroups groups, string goal)
    {
        var (used, all) = (groups.Requests.Count(requests => requests > 0), (double)groups.Requests.Sum());
        if (used < 2 || !groups.Goals.TryGetValue(goal, out var hits)) return null;
        var rate = hits.Sum() / all;
        if (rate is <= 0 or >= 1) return null;
        var squares = groups.Requests.Zip(hits, (requests, reached) => Math.Pow(reached - (rate * requests), 2)).Sum();
        return Math.Max(1, used / (used - 1.0) * squares / (all * rate * (1 - rate)));
    }
}
