using System.Net;
using Slipway.Gateway.Policies;
using Slipway.Gateway.Routing;
using Slipway.Gateway.Splitting;
using Slipway.Model;
using InstanceState = Slipway.Gateway.Routing.InstanceState;

namespace Slipway.Gateway.Streams;

/// <summary>A route of connections, as they read it.</summary>
/// <param name="destinations">Those that may get connections; with a split the new release stands last.</param>
/// <param name="limit">Null: none.</param>
sealed class CompiledStream(Route source, StreamDestination[] destinations, StreamSplit? split, InFlightLimit? limit)
{
    readonly int _weights = destinations.Sum(d => d.Weight);

    readonly Networks? _allow = source.Stream!.Addresses is { Allow.Count: > 0 } rules ? Networks.Parse(rules.Allow) : null;

    readonly Networks? _deny = source.Stream!.Addresses is { Deny.Count: > 0 } rules ? Networks.Parse(rules.Deny) : null;

    public Route Source { get; } = source;

    public StreamRoute Stream { get; } = source.Stream!;

    public InFlightLimit? Limit { get; } = limit;

    public bool LetsIn(IPAddress client) => !(_deny is not null && _deny.Contain(client)) && (_allow is null || _allow.Contain(client));

    /// <summary>Connections to the instance may go on.</summary>
    public bool Has(InstanceState instance)
    {
        foreach (var destination in destinations)
            if (destination.Has(instance)) return true;
        return false;
    }

    /// <summary>As <see cref="CompiledRoute.Choose"/> does for requests.</summary>
    public StreamChoice Choose(IPAddress client, IReadOnlyList<InstanceState>? tried)
    {
        if (destinations.Length == 0) return new StreamChoice(this, null, null);
        var side = split?.SideOf(client) ?? Side.Stable;
        var start = split is null ? Pick() : side == Side.Stable ? 0 : destinations.Length - 1;
        var looks = split is { IsUnseen: true } && side == Side.Stable ? 1 : destinations.Length;
        for (var i = 0; i < looks; i++)
        {
            var at = (start + i) % destinations.Length;
            if (destinations[at].Choose(tried) is not { } instance) continue;
            return new StreamChoice(this, instance, side == Side.Matched && at == destinations.Length - 1 ? split!.Matched! : destinations[at].Counters);
        }
        return new StreamChoice(this, null, null);
    }

    int Pick()
    {
        if (destinations.Length == 1 || _weights == 0) return 0;
        var ticket = Random.Shared.Next(_weights);
        for (var i = 0; i < destinations.Length; i++)
            if ((ticket -= destinations[i].Weight) < 0) return i;
        return 0;
    }
}
