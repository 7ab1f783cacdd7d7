using Slipway.Model;

namespace Slipway.Gateway.Breaking;

/// <summary>
/// The circuit breaker of one release of a route (Nygard, Release It!, 2007):
/// <code>
///   closed ── too many of a window's requests failed ──► open ── its time is over ──► half-open ── the probes went well ──► closed
///                                                         ▲                              │
///                                                         └────────── one failed ────────┘
/// </code>
/// Kept over tables. Thread-safe.
/// </summary>
/// <param name="clock">Milliseconds; null: <see cref="Environment.TickCount64"/>.</param>
sealed class Breaker(BreakerPolicy policy, Func<long>? clock = null)
{
    const int Slots = 10, Probes = 3;

    readonly Func<long> _clock = clock ?? (static () => Environment.TickCount64);
    readonly Lock _gate = new();
    readonly long _slotLength = Math.Max(1, (long)policy.Window.TotalMilliseconds / Slots);
    readonly (long Slot, int Requests, int Failed)[] _slots = new (long, int, int)[Slots];

    BreakerState _state;

    // A result counts only for the state that its request began in.
    int _period;
    int _begun, _passed;
    long _since, _opened, _refused;

    public (BreakerState State, long Opened, long Refused) Read()
    {
        lock (_gate) return (_state, _opened, _refused);
    }

    /// <summary>A request comes. Null: it may go to an instance, and <see cref="Leave"/> must follow. Else the whole seconds until another try is worth while.</summary>
    public int? Enter(out int pass)
    {
        var now = _clock();
        lock (_gate)
        {
            if (_state == BreakerState.Open && now - _since >= policy.Open.TotalMilliseconds) Turn(BreakerState.HalfOpen, now);
            // Probes that last (a WebSocket, a stream) must not keep it half-open for ever.
            if (_state == BreakerState.HalfOpen && _begun == Probes && now - _since >= policy.Open.TotalMilliseconds) Turn(BreakerState.HalfOpen, now);
            pass = _period;
            if (_state == BreakerState.Closed) return null;
            if (_state == BreakerState.HalfOpen && _begun < Probes)
            {
                _begun++;
                return null;
            }
            _refused++;
            var left = _state == BreakerState.Open ? policy.Open.TotalMilliseconds - (now - _since) : 0;
            return (int)Math.Max(1, Math.Ceiling(left / 1000));
        }
    }

    /// <summary>How the request ended.</summary>
    /// <param name="pass">As <see cref="Enter"/> gave it.</param>
    /// <param name="failed">Null: the client left, which says nothing.</param>
    public void Leave(int pass, bool? failed)
    {
        var now = _clock();
        lock (_gate)
        {
            if (pass != _period) return;
            if (_state == BreakerState.HalfOpen)
            {
                if (failed is null) _begun--;
                else if (failed.Value) Turn(BreakerState.Open, now);
                else if (++_passed == Probes) Turn(BreakerState.Closed, now);
                return;
            }
            if (failed is { } fault) Count(fault, now);
        }
    }

    void Count(bool failed, long now)
    {
        var slot = now / _slotLength;
        ref var current = ref _slots[slot % Slots];
        if (current.Slot != slot) current = (slot, 0, 0);
        current.Requests++;
        if (!failed) return;
        current.Failed++;
        var (requests, failures) = (0L, 0L);
        foreach (var (at, count, bad) in _slots)
            if (at > slot - Slots) (requests, failures) = (requests + count, failures + bad);
        if (requests >= policy.MinRequests && failures * 100 >= requests * policy.Failures) Turn(BreakerState.Open, now);
    }

    void Turn(BreakerState next, long now)
    {
        if (next == BreakerState.Open) _opened++;
        (_state, _since, _begun, _passed) = (next, now, 0, 0);
        _period++;
        Array.Clear(_slots);
    }
}
