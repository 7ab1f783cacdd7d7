using Slipway.Model;
using Slipway.Releases.Compose;
using Slipway.Releases.Reconciling;

namespace Slipway.Releases.Previewing;

/// <summary>
/// Where a preview is reached. By default NAME.HOST for each host of the app, so that one wildcard below a host (in the DNS, and in a certificate) holds for
/// all of its previews: pr-12.shop.example.com, pr-12.web.shop.localhost; of *.example.com it is *.pr-12.example.com.
/// </summary>
sealed class PreviewHosts(PreviewPolicy policy, PreviewPlace place, IReadOnlyList<ServiceModel> services)
{
    const string NoIndex = "X-Robots-Tag";

    readonly Dictionary<string, string> _byHost = services
        .SelectMany(service => service.Release.Hosts.Select(host => (Host: host, service.Name))).DistinctBy(p => p.Host)
        .ToDictionary(p => p.Host, p => Map(p.Host, p.Name, policy, place));

    /// <summary>The host by which a service may call itself: its own first one, or that of the preview's first routed service.</summary>
    public string? HostOf(ReleasePolicy release) => release.Hosts is [var own, ..] ? own
        : services.FirstOrDefault(s => s.Release.Hosts.Count > 0) is { Release.Hosts: [var first, ..] } ? _byHost[first] : null;

    /// <summary>The service's policy with the preview's hosts, without what only people in numbers need.</summary>
    public ReleasePolicy Of(ServiceModel service)
    {
        var release = service.Release with
        {
            GatewayPorts = [],
            Listen = [],
            Canary = null,
            Approve = null,
            Match = null,
            // Its data is its own: where a release fails, the one before it is better than a wait for a person.
            Before = [.. service.Release.Before.Select(job => job with { OneWay = false })],
            Keep = new KeepPolicy { Warm = TimeSpan.Zero, Releases = Math.Min(service.Release.Keep.Releases, 3) },
        };
        if (!release.IsRouted) return release;
        return release with
        {
            Hosts = [.. release.Hosts.Select(host => _byHost[host]).Distinct()],
            // Nobody comes to a preview by an old name.
            Redirects = [.. release.Redirects.Where(r => r.FromHost is null).Select(r => r with { To = r.To with { Host = Mapped(r.To.Host) } })],
            Https = Https(release.Https),
            Route = Route(release.Route),
        };
    }

    /// <summary>Names are names, and no two services are at one place.</summary>
    public void Check(IReadOnlyList<ServiceModel> made, PreviewFindings findings)
    {
        foreach (var (host, mapped) in _byHost)
            if (!HostNames.IsPattern(mapped))
                findings.Refuse("x-release.previews.host", $"'{policy.Host}' makes '{mapped}' of {host}, which is no host name", "labels of at most 63 characters, 253 in all", mapped);
        foreach (var place in made.SelectMany(s => ServicePlaces.Of(s.Release).Select(p => (p.Host, p.Path, p.Match, s.Name))).GroupBy(p => (p.Host, p.Path, p.Match)).Where(g => g.Count() > 1))
            findings.Refuse(
                "x-release.previews.host", $"'{policy.Host}' gives {string.Join(" and ", place.Select(p => p.Name))} one place, http://{place.Key.Host}{place.Key.Path}",
                "a template with {host} or {service} in it", policy.Host);
    }

    string? Mapped(string? host)
    {
        if (host is null) return null;
        var colon = host.IndexOf(':', StringComparison.Ordinal);
        return _byHost.TryGetValue(colon < 0 ? host : host[..colon], out var mapped) ? mapped + (colon < 0 ? "" : host[colon..]) : host;
    }

    /// <summary>
    /// Without orders to an authority, whose limits previews would use up. Never HSTS: a browser that has heard of it lets nobody pass a certificate which it
    /// doesn't know.
    /// </summary>
    HttpsPolicy? Https(HttpsPolicy? https)
    {
        var made = (https ?? new HttpsPolicy()) with { Hsts = null, OwnCertificate = https?.OwnCertificate == true || !policy.OrdersCertificates };
        return made == new HttpsPolicy() ? null : made;
    }

    RoutePolicy? Route(RoutePolicy? route)
    {
        if (policy.Auth is { } auth) route = (route ?? new RoutePolicy()) with { BasicAuth = auth };
        return policy.Index ? route : Unlisted(route);
    }

    /// <summary>Search engines are told to keep it to themselves.</summary>
    public static RoutePolicy Unlisted(RoutePolicy? route)
    {
        route ??= new RoutePolicy();
        var before = route.ResponseHeaders ?? new HeaderChanges();
        var set = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in before.Set) set[name] = value;
        set[NoIndex] = "noindex";
        return route with { ResponseHeaders = before with { Set = set, Remove = [.. before.Remove.Where(name => !name.Equals(NoIndex, StringComparison.OrdinalIgnoreCase))] } };
    }

    static string Map(string host, string service, PreviewPolicy policy, PreviewPlace place) => host.StartsWith("*.", StringComparison.Ordinal)
        ? "*." + Map(host[2..], service, policy, place)
        : policy.Host.Replace("{name}", place.Name.Value, StringComparison.Ordinal).Replace("{host}", host, StringComparison.Ordinal)
            .Replace("{service}", HostNames.Label(service), StringComparison.Ordinal).Replace("{app}", place.Of.Value, StringComparison.Ordinal);
}
