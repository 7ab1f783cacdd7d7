using System.Globalization;
using Slipway.Model;
using Slipway.Releases.Reconciling;

namespace Slipway.Releases.Compose;

/// <summary>
/// <c>x-release</c>, of a service and of the file: which services the gateway serves, at which hosts and ports, and how versions are replaced.
/// <code>
/// routed    has an x-release mapping, or publishes a TCP port that is not known to speak something else than HTTP; with listen also by connections alone
/// strategy  routed:   as asked; else recreate where two versions can't run at once; else rolling
///           unrouted: recreate where two versions can't run at once; else ab, canary or blue-green if a routed service is; else rolling
/// </code>
/// Two versions of a service can't run at once where it writes to a volume or bind mount, or holds a port of the host.
/// </summary>
static class ReleaseReader
{
    const string Strategies = "recreate, rolling, blue-green, canary or ab";

    public static IReadOnlyList<ServiceModel> Apply(IReadOnlyList<ServiceModel> services, Reading reading)
    {
        var general = reading.Root["x-release"];
        JobReader.CheckFile(general);
        var routed = services.Select(s => Route(s, general, reading)).ToList();
        var group = routed.Where(s => s.Release.IsRouted).Select(s => s.Release.Strategy).Where(s => s.StagesWhole).DefaultIfEmpty(Strategy.Rolling).Max();
        var result = routed.Select(s => s.Release.IsRouted ? s : s with
        {
            Release = s.Release with { Strategy = RunsOnce(s) ? Strategy.Recreate : group },
        }).ToList();
        CheckHosts(result, reading);
        CanaryReader.CheckGroup(result, reading);
        MatchReader.CheckGroup(result, reading);
        return ListenReader.Judged(result, reading);
    }

    static ServiceModel Route(ServiceModel service, Field general, Reading reading)
    {
        var own = reading.Services[service.Name]["x-release"];
        var jobs = JobReader.Read(own["before"]);
        if (IsOff(own) || (SaysNothingOfRoutes(own) && (IsOff(general) || Candidate(service) is null))) return service with { Release = service.Release with { Before = jobs } };

        var field = Merged(own, general);
        var listen = ListenReader.Read(own, general, service);
        var streams = service.Ports.Where(p => listen.Any(l => ListenReader.IsSame(p, l))).ToList();
        service = service with { Ports = [.. service.Ports.Except(streams)] };
        var takesRequests = ListenReader.TakesRequests(own, Candidate(service));
        ListenReader.Check(own, field, service, listen, takesRequests);
        var port = !takesRequests ? listen.FirstOrDefault(l => l.Protocol == StreamProtocol.Tcp)?.Target : field["port"].Int(1, 65535) ?? Candidate(service)
            ?? service.Ports.FirstOrDefault(p => p.Protocol == "tcp")?.Target ?? service.Expose.Select(p => (int?)p).FirstOrDefault();
        var gateway = takesRequests ? service.Ports.Where(p => p.Protocol == "tcp" && p.Target == port).ToList() : [];
        var rest = service with { Ports = [.. service.Ports.Except(gateway)] };
        var hosts = takesRequests ? Hosts(field["host"], service.Name, reading) : [];
        var strategy = StrategyOf(field["strategy"], rest);
        var path = PathOf(field["path"]);
        var https = takesRequests ? HttpsReader.Read(field) : null;
        var policy = new ReleasePolicy
        {
            Hosts = hosts,
            Path = path,
            When = takesRequests ? MatchReader.Read(field["when"]) : null,
            Route = RouteReader.Read(field, path, reading) is var route && takesRequests ? route : RouteReader.OfConnections(route),
            Redirects = takesRequests ? RouteReader.Redirects(own, field, hosts) : [],
            Port = port,
            Listen = listen,
            Protocol = takesRequests ? ProtocolReader.Read(field, service.Name, reading) : null,
            GatewayPorts = takesRequests ? HttpsReader.Ports(field, [.. gateway.Where(p => p.Published is not null).Select(p => new GatewayPort(p.HostAddress, p.Published!.Value)).Distinct()], https) : [],
            Strategy = strategy,
            Canary = CanaryReader.Read(field, own, strategy, reading),
            Approve = ApprovalReader.ReadGate(field["approve"], own["approve"], strategy),
            Match = MatchReader.ReadMatch(field, own, strategy),
            Https = https,
            Before = jobs,
            Ready = Ready(field["ready"]),
            Drain = new DrainPolicy
            {
                Requests = field["drain"]["requests"].Duration() ?? new DrainPolicy().Requests,
                WebSockets = field["drain"]["websockets"].Duration() ?? new DrainPolicy().WebSockets,
                Connections = field["drain"]["connections"].Duration() ?? new DrainPolicy().Connections,
            },
            Keep = new KeepPolicy
            {
                Warm = field["keep"]["warm"].Duration() ?? new KeepPolicy().Warm,
                Releases = field["keep"]["releases"].Int(1, 1000) ?? new KeepPolicy().Releases,
            },
        };
        Note(service, gateway, streams, policy, reading);
        return rest with { Release = policy };
    }

    /// <summary>A worker may have a job and no route.</summary>
    static bool SaysNothingOfRoutes(Field own) => own.IsMissing || own.Node is Mapping { Entries: [{ Key: "before" }] };

    static bool IsOff(Field field) => field.Node is Scalar { IsNullText: false } && field.Bool() == false;

    static Field Merged(Field own, Field general)
    {
        foreach (var field in new[] { own, general })
            if (!field.IsMissing && field.Node is not Mapping && !(field.Node is Scalar && field.Bool() is not null))
                field.Error($"{field.Node!.Kind} is no release policy", "a mapping, or false for no route");
        return (own.Node, general.Node) switch
        {
            (Mapping above, Mapping below) => own with { Node = TreeMerge.Merge(below, above, own.Path) },
            (Mapping, _) => own,
            (_, Mapping) => own with { Node = general.Node },
            _ => own with { Node = null },
        };
    }

    static int? Candidate(ServiceModel service) =>
        service.Ports.Where(p => p.Protocol == "tcp" && !WellKnownPorts.AreNotHttp(p.Target)).Select(p => (int?)p.Target).FirstOrDefault();

    static List<string> Hosts(Field host, string service, Reading reading)
    {
        var names = host.Texts();
        if (names.Count == 0) return [HostNames.Default(service, reading.App)];
        var hosts = new List<string>();
        foreach (var name in names)
        {
            var lower = name.ToLowerInvariant();
            if (!HostNames.IsPattern(lower)) host.Error($"'{name}' is no host name", "a DNS name without scheme, port or path, for example shop.example.com, or *.example.com for all below", name);
            else if (!hosts.Contains(lower)) hosts.Add(lower);
        }
        return hosts.Count > 0 ? hosts : [HostNames.Default(service, reading.App)];
    }

    static string PathOf(Field path)
    {
        if (path.Text() is not { } text) return "/";
        if (text.StartsWith('/') && text.IndexOfAny(['?', '#', ' ', '*']) < 0 && !text.Contains("//", StringComparison.Ordinal) && !text.Any(char.IsControl))
            return text.Length > 1 ? text.TrimEnd('/') : text;
        path.Error($"'{text}' is no path of a route", "a path that begins with /, for example /api");
        return "/";
    }

    static Strategy StrategyOf(Field field, ServiceModel service)
    {
        Strategy? asked = null;
        switch (field.Text())
        {
            case null:
                break;
            case "recreate":
                asked = Strategy.Recreate;
                break;
            case "rolling":
                asked = Strategy.Rolling;
                break;
            case "blue-green":
                asked = Strategy.BlueGreen;
                break;
            case "canary":
                asked = Strategy.Canary;
                break;
            case "ab":
                asked = Strategy.Ab;
                break;
            case var text:
                field.Error($"the strategy '{text}' is not known", Strategies);
                break;
        }
        if (asked is null) return RunsOnce(service) ? Strategy.Recreate : Strategy.Rolling;
        if (asked == Strategy.Recreate) return asked.Value;
        if (HeldPort(service) is { } held)
            field.Error($"two versions of '{service.Name}' would run at once and can't both hold {held}", "recreate, or no such port");
        else if (service.IsStateful)
            field.Warn($"two versions of '{service.Name}' run at once and share {string.Join(", ", Writable(service))}; they must get along with each other's files");
        return asked.Value;
    }

    static bool RunsOnce(ServiceModel service) => service.IsStateful || HeldPort(service) is not null;

    static string? HeldPort(ServiceModel service) =>
        service.NetworkMode == "host" ? "the ports of the host's network (network_mode: host)"
        : service.Ports.FirstOrDefault(p => p.Published is not null) is { } port ? $"the host's port {port.Published}/{port.Protocol}" : null;

    static IEnumerable<string> Writable(ServiceModel service) =>
        service.Container.Mounts.Where(m => !m.ReadOnly && m.Kind is MountKind.Volume or MountKind.Bind).Select(m => m.Source ?? m.Target);

    static ReadyGate Ready(Field field)
    {
        var defaults = new ReadyGate();
        var http = field["http"];
        if (http.Text() is { } path && !path.StartsWith('/')) http.Error($"'{path}' is no path", "a path that begins with /, for example /up");
        return new ReadyGate
        {
            Http = http.Text(),
            Grpc = Grpc(field["grpc"], http),
            Every = Positive(field["every"]) ?? defaults.Every,
            Timeout = Positive(field["timeout"]) ?? defaults.Timeout,
            Passes = field["passes"].Int(1, 100) ?? defaults.Passes,
            Within = Positive(field["within"]) ?? defaults.Within,
        };
    }

    static string? Grpc(Field field, Field http)
    {
        if (field.Text() is not { } text || text is "false") return null;
        if (!http.IsMissing) field.Error("both http and grpc say what is asked", "one of them");
        if (text is "true") return "";
        if (text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')) return text;
        field.Error($"'{text}' is no gRPC service", "true for the whole server, or a service's name, for example shop.v1.Cart");
        return null;
    }

    static TimeSpan? Positive(Field field)
    {
        if (field.Duration() is not { } duration) return null;
        if (duration <= TimeSpan.Zero) field.Error("it must be longer than nothing", "for example 1s");
        return duration;
    }

    static void CheckHosts(List<ServiceModel> services, Reading reading)
    {
        var claimed = new Dictionary<(string, string, string), string>();
        foreach (var service in services)
            foreach (var (host, path, key, match) in Places(service))
            {
                if (claimed.TryAdd((host, path, match), service.Name)) continue;
                var own = reading.Services[service.Name]["x-release"];
                var place = own.IsMissing ? reading.Services[service.Name] : own[key].IsMissing ? own : own[key];
                var (first, same) = (claimed[(host, path, match)], match.Length > 0 ? " with the same match of 'when'" : "");
                place.Error(first == service.Name ? $"'{first}' claims http://{host}{path} twice" : $"'{first}' and '{service.Name}' both claim http://{host}{path}{same}", "different hosts or paths, or a 'when' that tells their requests apart", host);
            }
    }

    static IEnumerable<(string Host, string Path, string Key, string Match)> Places(ServiceModel service) =>
        ServicePlaces.Of(service.Release).Select(p => (p.Host, p.Path, p.Match.Length > 0 ? "when" : "host", p.Match))
            .Concat(ServicePlaces.Redirected(service.Release).Select(p => (p.Host, p.Path, "redirect", "")));

    static void Note(ServiceModel service, List<PortModel> gateway, List<PortModel> streams, ReleasePolicy policy, Reading reading)
    {
        if (gateway.Count == 0 && streams.Count == 0) return;
        var ports = policy.GatewayPorts.Select(p => p.Port.ToString(CultureInfo.InvariantCulture) + (p.Tls ? " (https)" : "")).ToList();
        var requests = gateway.Count == 0 ? "" : $"through the gateway at http://{policy.Hosts[0]}{policy.Path}" + (ports.Count == 0 ? "" : $" and on host port {string.Join(", ", ports)}");
        var connections = streams.Count == 0 ? "" : $"{(requests.Length == 0 ? "" : "; ")}through the gateway as it comes: {string.Join(", ", streams.Select(p => FormattableString.Invariant($"{p.Published}/{p.Protocol}")))}";
        var note = requests + connections;
        reading.Keys.Set($"services.{service.Name}.ports", KeyTreatment.Translated, note);
    }
}
