namespace Slipway.Registry.Scanning.Adapters;

/// <summary>What an adapter did wrong, for people: who, what it was asked, what it said.</summary>
/// <param name="isFinal">Asking again would bring the same.</param>
sealed class AdapterException(string message, bool isFinal = false, Exception? inner = null) : Exception(message, inner)
{
    public bool IsFinal => isFinal;

    /// <summary>The adapter does not know the scan that it was asked for.</summary>
    public bool IsUnknownScan { get; init; }

    /// <summary>It may be starting anew, or a network is away: the scan may still be going on.</summary>
    public bool IsAway { get; init; }
}
