using System.Text.Json.Serialization;

namespace Slipway.Model;

[JsonConverter(typeof(JsonStringEnumConverter<PlanOutcome>))]
public enum PlanOutcome
{
    /// <summary>What is live is what the files say.</summary>
    [JsonStringEnumMemberName("nothing")] Nothing,

    /// <summary>Only where a build comes out different from the live image.</summary>
    [JsonStringEnumMemberName("perhaps")] Perhaps,

    /// <summary>A new release.</summary>
    [JsonStringEnumMemberName("release")] Release,
}

[JsonConverter(typeof(JsonStringEnumConverter<PlannedAction>))]
public enum PlannedAction
{
    [JsonStringEnumMemberName("create")] Create,

    /// <summary>New instances beside the old ones, which go when the requests have gone over.</summary>
    [JsonStringEnumMemberName("replace")] Replace,

    /// <summary>It never runs twice: stopped, then started anew, just before the switch.</summary>
    [JsonStringEnumMemberName("restart")] Restart,

    /// <summary>Replaced, or restarted, if the image that is built (its own, or that of one that it depends on) comes out different.</summary>
    [JsonStringEnumMemberName("perhaps")] Perhaps,

    /// <summary>Its instances run on.</summary>
    [JsonStringEnumMemberName("keep")] Keep,
    [JsonStringEnumMemberName("remove")] Remove,
}

/// <summary>What a deploy would do with one service.</summary>
public sealed record PlannedService
{
    public required string Service { get; init; }

    public required PlannedAction Action { get; init; }

    /// <summary>Its image is built; what comes out is not known before.</summary>
    public bool IsBuilt { get; init; }

    /// <summary>Services that it depends on and because of which it is replaced, too.</summary>
    public IReadOnlyList<string> Because { get; init; } = [];

    public IReadOnlyList<ModelChange> Changes { get; init; } = [];
}

/// <summary>A host with its path, or a port of the machine, where a service is reached.</summary>
/// <param name="Place">shop.example.com/api, or port 5432/tcp</param>
/// <param name="Before">The service that has it now; null: none of the app.</param>
/// <param name="After">Null: it goes.</param>
public sealed record PlannedPlace(string Place, string? Before, string? After);

/// <summary>What a deploy would do, found out without doing any of it: <c>POST /api/v1/apps/{app}/plan</c>.</summary>
public sealed record DeployPlan
{
    public required AppName App { get; init; }

    public required PlanOutcome Outcome { get; init; }

    /// <summary>The live release; null before the first.</summary>
    public int? Live { get; init; }

    /// <summary>The number that the new release would get.</summary>
    public required int Next { get; init; }

    public required Strategy Strategy { get; init; }

    /// <summary>In the order of the file; those that go behind them.</summary>
    public required IReadOnlyList<PlannedService> Services { get; init; }

    /// <summary>Networks and volumes of the app.</summary>
    public IReadOnlyList<ModelChange> Changes { get; init; } = [];

    /// <summary>Where the app is reached from outside, as far as that changes.</summary>
    public IReadOnlyList<PlannedPlace> Places { get; init; } = [];

    /// <summary>What happens one after the other, a sentence each.</summary>
    public IReadOnlyList<string> Order { get; init; } = [];

    /// <summary>Why a deploy would be refused just now, all of it; empty: it would not.</summary>
    public IReadOnlyList<string> Blockers { get; init; } = [];

    /// <summary>What else is worth knowing.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
