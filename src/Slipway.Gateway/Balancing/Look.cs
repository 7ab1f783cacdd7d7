using Slipway.Gateway.Routing;

namespace Slipway.Gateway.Balancing;

/// <summary>What one choice of an instance leaves out.</summary>
/// <param name="Tried">Those that refused this request; null: none.</param>
/// <param name="Now">Those that are ejected at that TickCount64; <see cref="long.MaxValue"/>: ejections don't count.</param>
/// <param name="MindsHealth">Those that fail their checks.</param>
readonly record struct Look(IReadOnlyList<InstanceState>? Tried, long Now, bool MindsHealth)
{
    /// <summary>Nobody is left out for how he is.</summary>
    public bool TakesAnybody => Now == long.MaxValue && !MindsHealth;

    public Look Anybody() => this with { Now = long.MaxValue, MindsHealth = false };
}
