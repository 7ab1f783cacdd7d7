namespace Slipway.Gateway.Retrying;

/// <summary>
/// How many requests of a route may be sent once more: a share of those of the last ten seconds, and one a second in any case, so that a route with few
/// requests has some too (as in Finagle's RetryBudget). A service that fails as a whole gets that share more to do, and not a multiple. Kept over tables.
/// </summary>
/// <param name="percent">Of the requests.</param>
/// <param name="clock">Milliseconds; null: <see cref="Environment.TickCount64"/>.</param>
sealed class RetryBudget(int percent, Func<long>? clock = null)
{
    const int Slots = 10, SlotLength = 1000, Floor = 10;

    readonly Func<long> _clock = clock ?? (static () => Environment.TickCount64);
    readonly Lock _gate = new();
    readonly (long Slot, int Requests, int Retries)[] _slots = new (long, int, int)[Slots];

    /// <summary>Whether a request could be sent once more now.</summary>
    public bool HasRoom
    {
        get
        {
            lock (_gate) return Room(_clock() / SlotLength);
        }
    }

    /// <summary>A request of a client.</summary>
    public void Count()
    {
        lock (_gate) Current(_clock() / SlotLength).Requests++;
    }

    /// <summary>True: it may be sent once more, and that is counted.</summary>
    public bool TryTake()
    {
        lock (_gate)
        {
            var slot = _clock() / SlotLength;
            if (!Room(slot)) return false;
            Current(slot).Retries++;
            return true;
        }
    }

    bool Room(long slot)
    {
        var (requests, retries) = (0L, 0L);
        foreach (var (at, asked, again) in _slots)
            if (at > slot - Slots) (requests, retries) = (requests + asked, retries + again);
        return retries < Math.Max(Floor, requests * percent / 100);
    }

    ref (long Slot, int Requests, int Retries) Current(long slot)
    {
        ref var current = ref _slots[slot % Slots];
        if (current.Slot != slot) current = (slot, 0, 0);
        return ref current;
    }
}
