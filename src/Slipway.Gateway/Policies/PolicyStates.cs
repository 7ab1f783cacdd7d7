using Slipway.Model;

namespace Slipway.Gateway.Policies;

/// <summary>
/// What policies remember from one table to the next: buckets, counts of requests in flight, passwords that were right. Each change of an instance makes a
/// new table, and must not fill everybody's bucket. Used by the compiler alone, one table at a time.
/// </summary>
sealed class PolicyStates
{
    Dictionary<object, object> _known = [];
    Dictionary<object, object> _next = [];

    /// <summary>The state of that key from the tables before, or a new one.</summary>
    public T Obtain<T>(object key, Func<T> create) where T : class
    {
        if (!_next.TryGetValue(key, out var state)) _next[key] = state = _known.TryGetValue(key, out var known) ? known : create();
        return (T)state;
    }

    /// <summary>A table is compiled: what it did not ask for is forgotten.</summary>
    public void Turn() => (_known, _next) = (_next, []);
}

/// <summary>Which route's state, and by which setting: another one begins anew.</summary>
sealed record StateKey(AppName App, string Service, bool IsPreview, object Setting);
