using System.Globalization;
using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>ports</c>, short and long form; one entry for each port of a range.</summary>
static class PortReader
{
    public static IReadOnlyList<PortModel> Read(Field ports)
    {
        var read = new List<PortModel>();
        foreach (var item in ports.Items())
        {
            if (item.Node is Mapping) read.AddRange(Long(item));
            else if (item.Text() is { } text)
            {
                if (PortSyntax.TryParse(text, out var found, out var problem)) read.AddRange(found);
                else item.Error(problem!, problem!.EndsWith("is no port", StringComparison.Ordinal) ? PortSyntax.Range : PortSyntax.Expected);
            }
        }
        return [.. read.Distinct()];
    }

    static IReadOnlyList<PortModel> Long(Field port)
    {
        var protocol = port["protocol"].Text() ?? "tcp";
        if (!PortSyntax.IsProtocol(protocol)) port["protocol"].Error($"'{protocol}' is no protocol of a port", "tcp, udp or sctp");
        string? address = null;
        if (port["host_ip"].Text() is { Length: > 0 } ip && !PortSyntax.TryAddress(ip, out address))
            port["host_ip"].Error($"'{ip}' is no address", "an IPv4 or IPv6 address of this machine");
        if (port["target"].IsMissing)
        {
            port.Error("a port without a target", "target: and the container's port");
            return [];
        }
        if (port["target"].Int(1, 65535) is not { } target) return [];
        if (port["published"].Text() is not { Length: > 0 } published) return [new PortModel { HostAddress = address, Target = target, Protocol = protocol }];
        if (!PortSyntax.TryPort(published, out var number))
        {
            port["published"].Error(PortSyntax.TryRange(published, out _) ? $"'{published}' leaves the host's port open" : $"'{published}' is no port", "one port, " + PortSyntax.Range);
            return [];
        }
        return [new PortModel { HostAddress = address, Published = number, Target = target, Protocol = protocol }];
    }

    /// <summary>Two services, or two entries of one, that want the same port of the host.</summary>
    public static void CheckConflicts(IReadOnlyList<ServiceModel> services, Reading reading)
    {
        var taken = new List<(string Service, string? Address, int Port, string Protocol)>();
        foreach (var service in services)
        {
            var field = reading.Services[service.Name]["ports"];
            var wanted = service.Ports.Where(p => p.Published is not null).Select(p => (Service: service.Name, Address: p.HostAddress, Port: p.Published!.Value, p.Protocol))
                .Concat(service.Release.GatewayPorts.Select(g => (Service: service.Name, g.Address, g.Port, Protocol: "tcp")))
                .Concat(service.Release.Listen.SelectMany(l => (IEnumerable<int?>)[l.Port, l.Preview], (l, port) => (Service: service.Name, l.Address, Port: port ?? 0, Protocol: l.Word)).Where(p => p.Port > 0));
            foreach (var port in wanted)
            {
                var other = taken.FirstOrDefault(t => t.Port == port.Port && t.Protocol == port.Protocol && Overlap(t.Address, port.Address));
                if (other.Service is not null)
                    (field.IsMissing ? reading.Services[service.Name]["x-release"]["listen"] : field).Error($"the host's port {port.Port.ToString(CultureInfo.InvariantCulture)} is published twice, by '{other.Service}' and by '{service.Name}'", "different host ports");
                taken.Add(port);
            }
            if (service.Replicas > 1 && service.Ports.FirstOrDefault(p => p.Published is not null) is { } held)
                field.Error($"{service.Replicas} instances can't all publish the host's port {held.Published}", "one instance, or no host port");
        }
    }

    static bool Overlap(string? a, string? b) => a is null or "0.0.0.0" or "::" || b is null or "0.0.0.0" or "::" || a == b;
}
