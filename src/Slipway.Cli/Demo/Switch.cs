namespace Slipway.Cli.Demo;

/// <summary>A promote or rollback under load, timed.</summary>
/// <param name="Name">promote to v2</param>
/// <param name="LastOld">From the command to the beginning of the last request that the old version answered; zero where it answered none.</param>
/// <param name="Total">From the command to the end of its rollout.</param>
sealed record Switch(string Name, TimeSpan LastOld, TimeSpan Total);
