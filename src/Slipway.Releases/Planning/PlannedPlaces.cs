using System.Globalization;
using Slipway.Model;
using Slipway.Releases.Reconciling;

namespace Slipway.Releases;

/// <summary>Where an app is reached from outside, before and after.</summary>
static class PlannedPlaces
{
    public static IReadOnlyList<PlannedPlace> Between(AppModel? before, AppModel after)
    {
        var (old, now) = (Of(before), Of(after));
        return
        [
            .. now.Keys.Concat(old.Keys).Distinct()
                .Select(place => new PlannedPlace(place, old.GetValueOrDefault(place), now.GetValueOrDefault(place)))
                .Where(p => p.Before != p.After),
        ];
    }

    static Dictionary<string, string> Of(AppModel? model)
    {
        var places = new Dictionary<string, string>();
        foreach (var service in model?.Services ?? [])
            foreach (var place in Of(service)) places.TryAdd(place, service.Name);
        return places;
    }

    static IEnumerable<string> Of(ServiceModel service) =>
        service.Release.Hosts.Select(host => host + service.Release.Path)
            .Concat(ServicePlaces.Redirected(service.Release).Select(p => p.Host + p.Path))
            .Concat(service.Release.GatewayPorts.Select(p => Port(p.Address, p.Port, "tcp")))
            .Concat(service.Release.Listen.Select(l => Port(l.Address, l.Port, l.Word)))
            .Concat(WorkloadPlanner.EnginePorts(service).Where(p => p.Published is not null).Select(p => Port(p.HostAddress, p.Published!.Value, p.Protocol)));

    static string Port(string? address, int port, string protocol) => string.Create(CultureInfo.InvariantCulture, $"port {(address is null ? "" : address + ":")}{port}/{protocol}");
}
