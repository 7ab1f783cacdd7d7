namespace Slipway.Gateway.Policies;

/// <summary>How many requests of one route are in flight, and how many may be.</summary>
sealed class InFlightLimit(int most)
{
    int _inFlight;

    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>False: no more may. True: <see cref="Leave"/> must follow.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _inFlight) <= most) return true;
        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _inFlight);
}
