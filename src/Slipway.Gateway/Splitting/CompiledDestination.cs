using Slipway.Gateway.Balancing;
using Slipway.Gateway.Breaking;
using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Health;
using Slipway.Gateway.Measuring;
using Slipway.Gateway.Policies;
using Slipway.Gateway.Routing;

namespace Slipway.Gateway.Splitting;

/// <summary>One release's instances in a route, as requests read them.</summary>
/// <param name="policy">The route's; null: nothing is done beside forwarding.</param>
/// <param name="watches">One for each instance; null: they are not checked.</param>
/// <param name="breaker">Null: none.</param>
sealed class CompiledDestination(int weight, InstanceState[] instances, ReleaseCounters counters, CompiledPolicy? policy = null, HealthWatch[]? watches = null, Breaker? breaker = null)
{
    readonly Pool _pool = new(instances, policy?.Source, watches);
    readonly Balance? _balance = Balance.Of(policy?.Source.Balance, policy?.HashKey, new Pool(instances, null, null));
    readonly UInt128[]? _tags = policy?.Affinity is { } affinity ? [.. instances.Select(i => affinity.TagOf(i.Id))] : null;

    // Whose turn it is. Raced by threads on purpose: a turn taken twice costs nothing, a fence for each request would.
    uint _turn;

    public int Weight { get; } = weight;

    public bool IsEmpty => instances.Length == 0;

    public ReleaseCounters Counters { get; } = counters;

    public Breaker? Breaker { get; } = breaker;

    public HealthWatch[] Watches => watches ?? [];

    /// <summary>By the route's balance. Where only ejected ones or such that fail their checks are left, one of those: a doubtful answer is better than none.</summary>
    public InstanceState? Choose(Exchange exchange, IReadOnlyList<InstanceState>? tried)
    {
        // One turn for both looks: two would come round to the same instance each time.
        var start = _turn++;
        var look = _pool.Begin(tried);
        return Choose(exchange, start, look) ?? (look.TakesAnybody ? null : Choose(exchange, start, look.Anybody()));
    }

    /// <summary>For a copy of a request: the one with the least in flight.</summary>
    public InstanceState? ChooseForCopy(IReadOnlyList<InstanceState>? tried) => _pool.Least(_turn++, _pool.Begin(tried));

    /// <summary>The client's own instance while that may be given requests, else another one, whose cookie goes out with the answer.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="tried">As above.</param>
    /// <param name="wanted">What his cookie says.</param>
    public InstanceState? ChooseFor(Exchange exchange, IReadOnlyList<InstanceState>? tried, UInt128? wanted)
    {
        if (wanted is { } tag && Array.IndexOf(_tags!, tag) is >= 0 and var own && _pool.Takes(own, _pool.Begin(tried)))
        {
            exchange.AffinityCookie = null;
            return instances[own];
        }
        if (Choose(exchange, tried) is not { } instance) return null;
        exchange.AffinityCookie = policy!.Affinity!.Issue(_tags![Array.IndexOf(instances, instance)], exchange);
        return instance;
    }

    /// <summary>Whether a cookie says one of these.</summary>
    public bool Has(UInt128 tag) => Array.IndexOf(_tags!, tag) >= 0;

    /// <summary>How a request to one of these instances ended: one that keeps failing is left alone, unless too many are.</summary>
    public void Note(InstanceState instance, bool failed)
    {
        if (!failed)
        {
            instance.Succeed();
            return;
        }
        var (now, outliers) = (Environment.TickCount64, policy!.Outliers!);
        if (!instance.Fail(outliers.Failures) || instance.IsEjected(now)) return;
        lock (instances)
            if (instances.Count(i => i.IsEjected(now)) < instances.Length * outliers.MaxShare / 100) instance.Eject(now, outliers.Eject);
    }

    InstanceState? Choose(Exchange exchange, uint start, in Look look)
    {
        if (instances.Length == 0) return null;
        if (instances.Length == 1) return _pool.Takes(0, look) ? instances[0] : null;
        return _balance is null ? _pool.Least(start, look) : _balance.Choose(_pool, exchange, start, look);
    }
}
