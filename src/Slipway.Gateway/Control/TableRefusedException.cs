namespace Slipway.Gateway.Control;

/// <summary>The gateway serves by a newer table, or by another one of the same version; nothing was changed.</summary>
/// <param name="currentVersion">Version of the table that the gateway serves by.</param>
public sealed class TableRefusedException(long currentVersion, string message) : Exception(message)
{
    public long CurrentVersion { get; } = currentVersion;
}
