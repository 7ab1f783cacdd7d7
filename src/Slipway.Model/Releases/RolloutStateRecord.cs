namespace Slipway.Model;

/// <summary>One state of a rollout as it was.</summary>
/// <param name="Ended">Null while it lasts; of an ended state the same as <paramref name="Began"/>.</param>
/// <param name="By">The account that brought it about, where a person did.</param>
public sealed record RolloutStateRecord(RolloutState State, DateTimeOffset Began, DateTimeOffset? Ended = null, string? By = null);
