namespace Slipway.Gateway.Mirroring;

/// <summary>How one instance answered a copy.</summary>
/// <param name="Status">0: no answer.</param>
/// <param name="IsWhole">The answer has an end, or went on for as long as is waited for.</param>
/// <param name="IsStale">Nothing came over a kept connection.</param>
/// <param name="IsRefused">No connection came about.</param>
readonly record struct CopyEnd(int Status, bool IsWhole, bool IsStale = false, bool IsRefused = false);
