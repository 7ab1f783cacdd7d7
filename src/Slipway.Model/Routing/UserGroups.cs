namespace Slipway.Model;

/// <summary>
/// An experiment's requests by groups of its users. A keyed hash puts a user into one of the groups, so that they are independent samples of the users though the
/// requests of one user are not independent of each other. Counts of several gateways and times are added up.
/// </summary>
public sealed record UserGroups
{
    public const int Count = 64;

    /// <summary>Requests of each group.</summary>
    public required IReadOnlyList<long> Requests { get; init; }

    /// <summary>How often each group reached each goal, by the goal's name; one that nobody reached is not there.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<long>> Goals { get; init; }
}
