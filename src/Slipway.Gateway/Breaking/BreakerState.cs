namespace Slipway.Gateway.Breaking;

enum BreakerState
{
    /// <summary>Requests pass.</summary>
    Closed,

    /// <summary>None does.</summary>
    Open,

    /// <summary>A few do, to see.</summary>
    HalfOpen,
}
