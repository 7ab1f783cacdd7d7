using Slipway.Gateway.Balancing;
using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Matching;
using Slipway.Gateway.Measuring;
using Slipway.Gateway.Mirroring;
using Slipway.Gateway.Policies;
using Slipway.Gateway.Splitting;
using Slipway.Model;

namespace Slipway.Gateway.Routing;

/// <summary>One route as requests read it.</summary>
/// <param name="destinations">Those that may get requests; with a split the new release stands last.</param>
/// <param name="split">Null: at random by the weights.</param>
/// <param name="policy">Null: nothing is done beside forwarding.</param>
/// <param name="when">Null: it takes every request of its host and path.</param>
/// <param name="mirror">Null: no request is copied.</param>
sealed class CompiledRoute(Route source, CompiledDestination[] destinations, CompiledSplit? split, CompiledPolicy? policy, RequestMatch? when = null, CompiledMirror? mirror = null)
{
    readonly CompiledMatch? _when = when is null ? null : new CompiledMatch(when);

    CompiledRoute[]? _alone;

    readonly int _weights = destinations.Sum(d => d.Weight);

    readonly string _prefix = source.Path.TrimEnd('/');

    readonly CompiledAffinity? _affinity = policy?.Affinity;

    readonly CompiledRedirect? _redirect = source.Redirect is { } to ? new CompiledRedirect(to, source.Path.Length > 1 ? source.Path.TrimEnd('/') : source.Path) : null;

    public Route Source { get; } = source;

    public CompiledPolicy? Policy { get; } = policy;

    /// <summary>Of one instance at once.</summary>
    public int MaxConnections { get; } = policy?.Source.MaxConnections ?? int.MaxValue;

    /// <summary>There are instances, and where one has none to give a request to, that is why.</summary>
    public bool IsFull => MaxConnections < int.MaxValue && destinations.Length > 0;

    public CompiledMirror? Mirror { get; } = mirror;

    /// <summary>Requests are forwarded, and nothing else.</summary>
    public bool IsPlain { get; } = policy is null && source is { Redirect: null, Maintenance: null };

    /// <summary>Null: the release has no instance.</summary>
    public CompiledDestination? Of(int release)
    {
        foreach (var destination in destinations)
            if (destination.Counters.Release == release) return destination;
        return null;
    }

    public ReleaseCounters? CountersOf(int release) => Of(release)?.Counters;

    /// <summary>How a request that was forwarded ended, for the ejection of instances that keep failing.</summary>
    public void Note(InstanceState instance, int release, bool failed) => Of(release)?.Note(instance, failed);

    /// <summary>The answer to every request, where no instance is to be asked.</summary>
    public ErrorPage? Answer(Exchange exchange) => Source.Maintenance is not null ? ErrorPage.Maintenance(Source) : _redirect?.Answer(exchange);

    public CompiledGoals? Goals => split?.Goals;

    public int PathLength => _prefix.Length;

    /// <summary>Of routes with the same host and path the one with the most is asked first.</summary>
    public int Conditions => when?.Conditions ?? 0;

    /// <summary>The same route for each of its matches alone, so that the closest match of a host and path can be tried first whosever it is.</summary>
    public IEnumerable<CompiledRoute> ByMatch() => Source.When is { Count: > 0 } matches ? matches.Select(match => new CompiledRoute(Source, destinations, split, Policy, match, Mirror)) : [this];

    /// <summary>As <see cref="ByMatch"/> says it, where no other route has its host. One object for all its hosts and all tables that it is in.</summary>
    public CompiledRoute[] Alone => _alone ??= [.. ByMatch()];

    public bool Covers(ReadOnlySpan<char> path) => PathPrefix.Covers(_prefix, path);

    public bool Takes(Exchange exchange) => _when is null || _when.Holds(exchange);

    /// <summary>A destination by the split or the weights, in it the instance with the least in flight; none that was tried. Null: nothing is left.</summary>
    public InstanceState? Choose(Exchange exchange, IReadOnlyList<InstanceState>? tried, out ReleaseCounters? counters)
    {
        if (destinations.Length == 1 && tried is null)
        {
            counters = destinations[0].Counters;
            return _affinity is null ? destinations[0].Choose(exchange, null) : destinations[0].ChooseFor(exchange, null, _affinity.Of(exchange));
        }
        var wanted = _affinity?.Of(exchange);
        var side = split?.SideOf(exchange) ?? Side.Stable;
        var start = split is null ? Pick(exchange, wanted) : side == Side.Stable ? 0 : destinations.Length - 1;
        // A release that only matched requests may see stands in for nobody.
        var looks = split is { IsUnseen: true } && side == Side.Stable ? 1 : destinations.Length;
        // From the picked one on: where its instances are all tried, the others' are asked before the client is told of a failure.
        for (var i = 0; i < looks; i++)
        {
            var at = (start + i) % destinations.Length;
            if ((_affinity is null ? destinations[at].Choose(exchange, tried) : destinations[at].ChooseFor(exchange, tried, wanted)) is not { } instance) continue;
            counters = side == Side.Matched && at == destinations.Length - 1 ? split!.Matched! : destinations[at].Counters;
            return instance;
        }
        counters = null;
        return null;
    }

    /// <summary>Where releases share the route by their weights alone. A client who belongs to an instance belongs to its release; and a key to one of them.</summary>
    int Pick(Exchange exchange, UInt128? wanted)
    {
        if (Policy is null || destinations.Length < 2) return Splitter.Pick(destinations, _weights);
        for (var i = 0; wanted is { } tag && i < destinations.Length; i++)
            if (destinations[i].Has(tag)) return i;
        return Policy.HashKey?.Of(exchange) is { } hash ? Rendezvous.Pick(destinations, hash) : Splitter.Pick(destinations, _weights);
    }
}
