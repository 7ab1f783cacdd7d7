using Slipway.Gateway.Routing;
using Slipway.Model;
using InstanceState = Slipway.Gateway.Routing.InstanceState;

namespace Slipway.Gateway.Health;

/// <summary>
/// What a gateway's own checks say of one instance. Well until they fail: the server has found it ready, or it had no routes. Outlives tables.
/// </summary>
/// <param name="host">Of the probes' Host header: one of the route's.</param>
/// <param name="fault">What the last gateway knew of it; null: it was well.</param>
sealed class HealthWatch(InstanceState instance, HealthPolicy policy, string owner, string? host, string? fault = null)
{
    volatile string? _reason = fault;
    int _run;

    public InstanceState Instance { get; } = instance;

    public HealthPolicy Policy { get; } = policy;

    /// <summary>App and service, for messages.</summary>
    public string Owner { get; } = owner;

    public string? Host { get; } = host;

    public bool IsHealthy => _reason is null;

    /// <summary>Why it is not.</summary>
    public string? Reason => _reason;

    /// <summary>TickCount64 of the next probe. Of the checker alone. At first at random, so that not all are asked at once; one that was ill may be well by now.</summary>
    public long Due { get; set; } = Environment.TickCount64 + (fault is null ? Random.Shared.NextInt64((long)policy.Every.TotalMilliseconds + 1) : 0);

    /// <summary>A probe is under way.</summary>
    public bool IsAsking { get; set; }

    /// <summary>What a probe found. One at a time.</summary>
    /// <param name="fault">Null: it passed.</param>
    /// <returns>Whether it changed what is thought of the instance.</returns>
    public bool Note(string? fault)
    {
        var isWell = _reason is null;
        if (fault is null == isWell)
        {
            _run = 0;
            if (fault is not null) _reason = fault;
            return false;
        }
        if (++_run < (isWell ? Policy.Fails : Policy.Passes)) return false;
        (_run, _reason) = (0, fault);
        return true;
    }
}
