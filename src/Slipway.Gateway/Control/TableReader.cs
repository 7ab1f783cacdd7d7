using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Slipway.Model;

namespace Slipway.Gateway.Control;

/// <summary>
/// Reads a table from JSON. What was left out gets its default here: a source-generated reader sets init-only properties that are absent to null
/// and not to their initialisers.
/// </summary>
static class TableReader
{
    /// <exception cref="JsonException">It is no route table.</exception>
    public static RouteTable Read(Stream json) => Complete(JsonSerializer.Deserialize(json, ModelJson.Default.RouteTable));

    static RouteTable Complete(RouteTable? table)
    {
        if (table?.Routes is null) throw new JsonException("null is no route table");
        return table with { Routes = [.. table.Routes.Select(Complete)] };
    }

    /// <exception cref="JsonException">It is no route.</exception>
    public static Route ReadRoute(ReadOnlySpan<byte> json) => Complete(JsonSerializer.Deserialize(json, RouteInfo));

    static readonly JsonTypeInfo<Route> RouteInfo = (JsonTypeInfo<Route>)ModelJson.Default.RouteTable.Options.GetTypeInfo(typeof(Route));

    static Route Complete(Route? route)
    {
        if (route is null || string.IsNullOrEmpty(route.Service)) throw new JsonException("a route needs app, service and hosts");
        return route with
        {
            Hosts = NoNulls(route.Hosts),
            Path = route.Path ?? "/",
            Ports = NoNulls(route.Ports),
            Mirror = route.Mirror is { } mirror ? mirror with { Methods = mirror.Methods is null ? RouteMirror.Safe : NoNulls(mirror.Methods), Upstreams = NoNulls(mirror.Upstreams) } : null,
            Destinations = [.. NoNulls(route.Destinations).Select(d => d with { Upstreams = NoNulls(d.Upstreams) })],
        };
    }

    static IReadOnlyList<T> NoNulls<T>(IReadOnlyList<T>? list) where T : class =>
        list is null ? [] : list.Any(i => i is null) ? throw new JsonException("null stands in a list") : list;
}
