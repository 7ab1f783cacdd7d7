using System.Data.Common;
using Slipway.Model;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases;

/// <summary>
/// No two apps may claim one host and path, or one port of the machine, nor a port that another program has. Checked before anything is built, and again
/// before anything is started or stopped.
/// </summary>
static class HostClaims
{
    /// <param name="ports">What the machine's programs listen on, the app itself among them.</param>
    /// <exception cref="ConflictException">Another app or program has it; the message says which. All conflicts are named.</exception>
    public static void Check(DbConnection db, AppModel model, MachinePorts ports)
    {
        var claims = ReleaseRows.Apps(db).Where(app => app != model.Name)
            .SelectMany(app => ReleasesOf(db, app))
            .SelectMany(release => release.Model.Services.Select(service => (release.App, Service: service)))
            .ToList();
        var conflicts = new List<string>();
        foreach (var service in model.Services)
            foreach (var (app, other) in claims)
                conflicts.AddRange(Between(service, other).Select(what => $"{service.Name} claims {what}, which {other.Name} of {app} has"));
        foreach (var (one, two) in model.Services.SelectMany((one, i) => model.Services.Skip(i + 1).Select(two => (one, two))))
            conflicts.AddRange(Between(one, two).Select(what => $"{one.Name} and {two.Name} both claim {what}"));
        conflicts.AddRange(from service in model.Services
            from port in Streams(service)
            where ports.IsGateway(port.Port, port.Protocol)
            select $"{service.Name} claims port {port.Port}/{port.Protocol}, at which the gateway takes the requests of all apps");
        conflicts.AddRange(Taken(db, model, ports).Where(_ => conflicts.Count == 0));
        if (conflicts.Count > 0) throw new ConflictException(string.Join(". ", conflicts.Distinct()) + ". Choose another host, path or port, or remove the other one; nothing was changed.");
    }

    /// <summary>What runs, and what is about to: a release has its claims from the moment it is stored, before it takes its slot.</summary>
    static IEnumerable<Release> ReleasesOf(DbConnection db, AppName app)
    {
        var releases = ReleaseRows.Slots(db, app).Select(slot => slot.Release);
        return ReleaseRows.ActiveRollout(db, app)?.Release is { } number && ReleaseRows.FindRelease(db, app, number) is { } coming ? releases.Append(coming) : releases;
    }

    /// <summary>Ports that neither this app's own releases have nor the gateway, which serves the ports of every app.</summary>
    static List<string> Taken(DbConnection db, AppModel model, MachinePorts machine)
    {
        var own = ReleasesOf(db, model.Name).SelectMany(release => release.Model.Services).SelectMany(Ports).Select(p => (p.Port, p.Protocol))
            .Concat(RouteRows.Table(db).Routes.SelectMany(route => route.Ports).Select(p => (p.Port, "tcp")))
            .Concat(RouteRows.Table(db).Routes.Select(route => route.Stream).OfType<StreamRoute>().Select(s => (s.Port, s.Protocol == StreamProtocol.Tcp ? "tcp" : "udp")))
            .ToHashSet();
        return [.. from service in model.Services
            from port in Ports(service)
            where !own.Contains((port.Port, port.Protocol)) && machine.IsTaken(port.Address, port.Port, port.Protocol)
            select $"{service.Name} claims port {port.Port}/{port.Protocol}, which another program on this machine has"];
    }

    static IEnumerable<string> Between(ServiceModel one, ServiceModel other)
    {
        foreach (var (host, path, match) in Places(one).Intersect(Places(other)))
            yield return $"http://{host}{path}{(match.Length > 0 ? " with the same match of 'when'" : "")}";
        foreach (var (address, port, protocol) in Ports(one))
            if (Ports(other).Any(p => p.Port == port && p.Protocol == protocol && (p.Address is null || address is null || p.Address == address)))
                yield return $"port {port}/{protocol}";
    }

    /// <summary>Services of one host and path get along where no match of one is a match of the other, see <see cref="Route.When"/>.</summary>
    static IEnumerable<(string Host, string Path, string Match)> Places(ServiceModel service)
    {
        var own = ServicePlaces.Of(service.Release).ToList();
        return own.Concat(own.Select(p => p with { Host = RoutePlanner.PreviewHost(p.Host) })).Concat(ServicePlaces.Redirected(service.Release).Select(p => (p.Host, p.Path, "")));
    }

    static IEnumerable<(string? Address, int Port, string Protocol)> Ports(ServiceModel service) =>
        service.Release.GatewayPorts.Select(p => (Any(p.Address), p.Port, "tcp"))
            .Concat(Streams(service))
            .Concat(WorkloadPlanner.EnginePorts(service).Where(p => p.Published is not null).Select(p => (Any(p.HostAddress), p.Published!.Value, p.Protocol)));

    static IEnumerable<(string? Address, int Port, string Protocol)> Streams(ServiceModel service) => service.Release.Listen
        .SelectMany(l => (IEnumerable<int?>)[l.Port, l.Preview], (l, port) => (Any(l.Address), Port: port ?? 0, l.Word)).Where(p => p.Port > 0);

    static string? Any(string? address) => address is "0.0.0.0" or "::" or "" ? null : address;
}
