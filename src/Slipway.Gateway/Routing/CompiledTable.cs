using System.Collections.Frozen;
using System.Net;
using Slipway.Model;

namespace Slipway.Gateway.Routing;

/// <summary>A route table as requests read it: immutable, every name resolved to the object behind it.</summary>
sealed class CompiledTable
{
    readonly FrozenDictionary<string, CompiledRoute[]>.AlternateLookup<ReadOnlySpan<char>> _byHost;
    readonly FrozenDictionary<IPEndPoint, CompiledRoute> _byPort;

    /// <param name="byHost">Each host's routes, the longest path first.</param>
    public CompiledTable(RouteTable document, Dictionary<string, CompiledRoute[]> byHost, Dictionary<IPEndPoint, CompiledRoute> byPort, HashSet<InstanceState> instances)
    {
        Document = document;
        Instances = instances;
        _byHost = byHost.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
        _byPort = byPort.ToFrozenDictionary();
    }

    public RouteTable Document { get; }

    public HashSet<InstanceState> Instances { get; }

    /// <summary>What the table wants listened on beside the gateway's own addresses.</summary>
    public IReadOnlyCollection<IPEndPoint> Ports => _byPort.Keys;

    /// <param name="hostHeader">The Host header: name or address, with or without a port.</param>
    /// <param name="path">Decoded, dot segments removed: what an instance will make of it too.</param>
    public CompiledRoute? Find(ReadOnlySpan<char> hostHeader, ReadOnlySpan<char> path)
    {
        if (!_byHost.TryGetValue(HostName(hostHeader), out var routes)) return null;
        foreach (var route in routes)
            if (route.Covers(path)) return route;
        return null;
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
