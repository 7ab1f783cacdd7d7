using System.Text.Json.Serialization;

namespace Slipway.Model;

/// <summary>
/// An experiment: the new release gets its part of the requests for a time, and a person (or <see cref="Then"/>) decides. A <see cref="CanaryPolicy"/> with one
/// step, whose weight is the share of the users, or 0 where only matched requests go to the new release.
/// </summary>
public sealed record AbPolicy
{
    /// <summary>When it ends; null: see <see cref="For"/>.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>How long it lasts, from when every gateway serves by it; null, and <see cref="Until"/> too: until a person ends it.</summary>
    public TimeSpan? For { get; init; }

    public AbEnd Then { get; init; }

    /// <summary>With fewer to either release it is not promoted by <see cref="Then"/>.</summary>
    public int MinRequests { get; init; } = 1000;

    public IReadOnlyList<GoalPolicy> Goals { get; init; } = [];
}

/// <summary>What becomes of an experiment whose time is over.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AbEnd>))]
public enum AbEnd
{
    /// <summary>It waits for a person; the users stay where they are.</summary>
    [JsonStringEnumMemberName("hold")] Hold,

    /// <summary>The new release goes live, unless it had too few requests or a goal is surely worse: then it holds.</summary>
    [JsonStringEnumMemberName("promote")] Promote,

    /// <summary>The live release gets everything back.</summary>
    [JsonStringEnumMemberName("abort")] Abort,
}

/// <summary>What people are to do: requests that are answered well count as reaching it.</summary>
public sealed record GoalPolicy
{
    public required string Name { get; init; }

    public required RequestMatch Request { get; init; }

    /// <summary>Of the answer.</summary>
    public IReadOnlyList<StatusRange> Statuses { get; init; } = [new StatusRange(200, 399)];
}

/// <summary>Both ends belong to it.</summary>
public sealed record StatusRange(int Low, int High);
