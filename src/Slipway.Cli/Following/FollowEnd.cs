using Slipway.Model;

namespace Slipway.Cli.Following;

/// <summary>How far a rollout was followed.</summary>
/// <param name="State">The last one that was seen.</param>
/// <param name="Switch">From the first route change to the last acknowledgement, where both were seen.</param>
/// <param name="Shifted">The traffic went over instance by instance, not at once.</param>
/// <param name="Message">What came with the last state.</param>
sealed record FollowEnd(RolloutState State, int? Release, TimeSpan? Switch, bool Shifted, string? Message);
