using Slipway.Gateway.Measuring;
using Slipway.Gateway.Routing;

namespace Slipway.Gateway.Splitting;

/// <summary>One release's instances in a route, as requests read them.</summary>
/// <param name="outliers">Null: no instance is ejected.</param>
sealed class CompiledDestination(int weight, InstanceState[] instances, ReleaseCounters counters, Model.OutlierPolicy? outliers = null)
{
    // Whose turn it is. Raced by threads on purpose: a turn taken twice costs nothing, a fence for each request would.
    uint _turn;

    public int Weight { get; } = weight;

    public bool IsEmpty => instances.Length == 0;

    public ReleaseCounters Counters { get; } = counters;

    /// <summary>Least in flight, ties in turn. Where only ejected ones are left, one of those: a doubtful answer is better than none.</summary>
    public InstanceState? Choose(IReadOnlyList<InstanceState>? tried)
    {
        // One turn for both looks: two would come round to the same instance each time.
        var start = _turn++;
        return outliers is null ? Choose(tried, start, long.MaxValue) : Choose(tried, start, Environment.TickCount64) ?? Choose(tried, start, long.MaxValue);
    }

    /// <summary>How a request to one of these instances ended: one that keeps failing is left alone, unless too many are.</summary>
    public void Note(InstanceState instance, bool failed)
    {
        if (!failed)
        {
            instance.Succeed();
            return;
        }
        var now = Environment.TickCount64;
        if (!instance.Fail(outliers!.Failures) || instance.IsEjected(now)) return;
        lock (instances)
            if (instances.Count(i => i.IsEjected(now)) < instances.Length * outliers.MaxShare / 100) instance.Eject(now, outliers.Eject);
    }

    /// <param name="now">Those that are ejected then are left out.</param>
    InstanceState? Choose(IReadOnlyList<InstanceState>? tried, uint start, long now)
    {
        if (instances.Length == 1) return tried is not null && tried.Contains(instances[0]) ? null : instances[0];
        InstanceState? best = null;
        var least = int.MaxValue;
        for (uint i = 0; i < instances.Length; i++)
        {
            var instance = instances[(start + i) % (uint)instances.Length];
            if (instance.InFlight >= least || instance.IsEjected(now) || (tried is not null && tried.Contains(instance))) continue;
            best = instance;
            least = instance.InFlight;
            if (least == 0) break;
        }
        return best;
    }
}
