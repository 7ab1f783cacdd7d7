using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using Slipway.Gateway.Breaking;
using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Health;
using Slipway.Gateway.Listening;
using Slipway.Gateway.Streams;
using Slipway.Model;

namespace Slipway.Gateway.Routing;

/// <summary>A route table as requests read it: immutable, every name resolved to the object behind it.</summary>
sealed class CompiledTable
{
    readonly FrozenDictionary<string, CompiledRoute[]>.AlternateLookup<ReadOnlySpan<char>> _byHost;
    readonly FrozenDictionary<IPEndPoint, CompiledRoute> _byPort;
    readonly bool _hasWildcards;

    /// <param name="byHost">Each host's routes, the longest path first, then the most conditions; those of *.example.com under that very name.</param>
    public CompiledTable(RouteTable document, Dictionary<string, CompiledRoute[]> byHost, Dictionary<IPEndPoint, CompiledRoute> byPort, HashSet<InstanceState> instances)
    {
        Document = document;
        Instances = instances;
        _byHost = byHost.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
        _byPort = byPort.ToFrozenDictionary();
        _hasWildcards = byHost.Keys.Any(host => host[0] == '*');
    }

    public RouteTable Document { get; }

    public HashSet<InstanceState> Instances { get; }

    /// <summary>Of instances whose routes ask for checks.</summary>
    public HealthWatch[] Watches { get; init; } = [];

    public IReadOnlyList<CompiledBreaker> Breakers { get; init; } = [];

    /// <summary>What the table wants listened on beside the gateway's own addresses, and with what TLS is spoken there; null: none is.</summary>
    public IReadOnlyDictionary<IPEndPoint, PortTls?> Ports { get; init; } = FrozenDictionary<IPEndPoint, PortTls?>.Empty;

    /// <summary>Routes of TCP connections and UDP flows.</summary>
    public FrozenDictionary<StreamKey, CompiledStream> Streams { get; init; } = FrozenDictionary<StreamKey, CompiledStream>.Empty;

    /// <param name="hostHeader">The Host header: name or address, with or without a port.</param>
    /// <param name="path">Decoded, dot segments removed: what an instance will make of it too.</param>
    /// <param name="exchange">The request, for routes with matches.</param>
    public CompiledRoute? Find(ReadOnlySpan<char> hostHeader, ReadOnlySpan<char> path, Exchange exchange)
    {
        var host = HostName(hostHeader);
        if (Find(host, path, exchange, out var route) || !_hasWildcards) return route;
        // *.b.c is below no other one than *.c: from the left, label by label, the longest comes first.
        Span<char> wildcard = stackalloc char[256];
        for (var dot = host.IndexOf('.'); dot >= 0 && host.Length - dot < wildcard.Length; dot = host.IndexOf('.'))
        {
            host = host[(dot + 1)..];
            wildcard[0] = '*';
            wildcard[1] = '.';
            host.CopyTo(wildcard[2..]);
            if (Find(wildcard[..(host.Length + 2)], path, exchange, out route)) return route;
        }
        return null;
    }

    bool Find(ReadOnlySpan<char> host, ReadOnlySpan<char> path, Exchange exchange, [NotNullWhen(true)] out CompiledRoute? found)
    {
        found = null;
        if (!_byHost.TryGetValue(host, out var routes)) return false;
        foreach (var route in routes)
            if (route.Covers(path) && route.Takes(exchange))
            {
                found = route;
                return true;
            }
        return false;
    }

    public CompiledRoute? FindByPort(IPEndPoint listener) => _byPort.GetValueOrDefault(listener);

    internal static ReadOnlySpan<char> HostName(ReadOnlySpan<char> hostHeader)
    {
        // [::1]:8000 keeps its brackets; a name's trailing dot says nothing.
        var colon = hostHeader.LastIndexOf(':');
        var name = colon >= 0 && hostHeader.LastIndexOf(']') < colon ? hostHeader[..colon] : hostHeader;
        return name is [.., '.'] ? name[..^1] : name;
    }
}
