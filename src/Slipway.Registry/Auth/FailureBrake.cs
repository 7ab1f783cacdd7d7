using System.Collections.Concurrent;

namespace Slipway.Registry.Auth;

/// <summary>
/// Slows down who guesses passwords: after so many wrong ones for one account from one address within a minute, nothing of that pair is looked at until a
/// minute has passed. Bounded in memory; of too many pairs the quiet ones are forgotten.
/// </summary>
sealed class FailureBrake(int most, TimeProvider time)
{
    const int MaxPairs = 10_000, MaxNoted = 100;
    static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    readonly Lock _lock = new();
    (int Count, DateTimeOffset Until) _noted;
    readonly ConcurrentDictionary<(string Account, string Address), (int Count, DateTimeOffset Until)> _failures = new();

    /// <summary>How long nothing is looked at, or null.</summary>
    public TimeSpan? Held(string account, string address)
    {
        if (!_failures.TryGetValue((account, address), out var failed)) return null;
        var left = failed.Until - time.GetUtcNow();
        return failed.Count >= most && left > TimeSpan.Zero ? left : null;
    }

    /// <summary>True for the first of a minute: that one is worth a line in the audit log, which whoever tries many names must not fill.</summary>
    public bool Failed(string account, string address)
    {
        var now = time.GetUtcNow();
        if (_failures.Count >= MaxPairs)
            foreach (var (pair, failed) in _failures)
                if (failed.Until < now) _failures.TryRemove(pair, out _);
        if (_failures.Count >= MaxPairs) _failures.Clear();
        var after = _failures.AddOrUpdate((account, address), (1, now + Window), (_, before) => before.Until < now ? (1, now + Window) : (before.Count + 1, now + Window));
        return after.Count == 1 && Noted(now);
    }

    bool Noted(DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_noted.Until < now) _noted = (0, now + Window);
            return ++_noted.Count <= MaxNoted;
        }
    }

    public void Passed(string account, string address) => _failures.TryRemove((account, address), out _);
}
