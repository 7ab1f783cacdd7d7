using System.Data.Common;
using Slipway.Model;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases;

/// <summary>No two apps may claim one host and path, or one port of the machine. Checked before anything is started or stopped.</summary>
static class HostClaims
{
    /// <exception cref="ConflictException">Another app has it; the message says which. All conflicts are named.</exception>
    public static void Check(DbConnection db, AppModel model)
    {
        var claims = ReleaseRows.Apps(db).Where(app => app != model.Name)
            .SelectMany(app => ReleaseRows.Slots(db, app))
            .SelectMany(slot => slot.Release.Model.Services.Select(service => (slot.Release.App, Service: service)))
            .ToList();
        var conflicts = new List<string>();
        foreach (var service in model.Services)
            foreach (var (app, other) in claims)
                conflicts.AddRange(Between(service, other).Select(what => $"{service.Name} claims {what}, which {other.Name} of {app} has"));
        foreach (var (one, two) in model.Services.SelectMany((one, i) => model.Services.Skip(i + 1).Select(two => (one, two))))
            conflicts.AddRange(Between(one, two).Select(what => $"{one.Name} and {two.Name} both claim {what}"));
        if (conflicts.Count > 0) throw new ConflictException(string.Join(". ", conflicts.Distinct()) + ". Choose another host, path or port, or remove the other one; nothing was changed.");
    }

    static IEnumerable<string> Between(ServiceModel one, ServiceModel other)
    {
        if (one.Release.Path == other.Release.Path)
            foreach (var host in Hosts(one).Intersect(Hosts(other)))
                yield return $"http://{host}{one.Release.Path}";
        foreach (var (address, port, protocol) in Ports(one))
            if (Ports(other).Any(p => p.Port == port && p.Protocol == protocol && (p.Address is null || address is null || p.Address == address)))
                yield return $"port {port}/{protocol}";
    }

    static IEnumerable<string> Hosts(ServiceModel service) => service.Release.Hosts.Concat(service.Release.Hosts.Select(h => RoutePlanner.PreviewPrefix + h));

    static IEnumerable<(string? Address, int Port, string Protocol)> Ports(ServiceModel service) =>
        service.Release.GatewayPorts.Select(p => (Any(p.Address), p.Port, "tcp"))
            .Concat(WorkloadPlanner.EnginePorts(service).Where(p => p.Published is not null).Select(p => (Any(p.HostAddress), p.Published!.Value, p.Protocol)));

    static string? Any(string? address) => address is "0.0.0.0" or "::" or "" ? null : address;
}
