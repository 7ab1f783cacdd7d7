using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>Services that wait for each other would never start.</summary>
static class DependencyCycles
{
    static readonly string[] Origins = ["depends_on", "links", "volumes_from"];

    public static void Check(IReadOnlyList<ServiceModel> services, Reading reading)
    {
        var byName = services.ToDictionary(s => s.Name, StringComparer.Ordinal);
        var done = new HashSet<string>(StringComparer.Ordinal);
        foreach (var service in services) Visit(service, [], byName, done, reading);

        foreach (var service in services)
            foreach (var dependency in service.DependsOn.Where(d => d.Condition == DependencyCondition.Healthy))
                if (byName.GetValueOrDefault(dependency.Service)?.Container.HealthCheck?.IsDisabled == true)
                    reading.Services[service.Name]["depends_on"].Error($"'{dependency.Service}' can't become healthy: its health check is disabled", "condition: service_started", dependency.Service);
    }

    static void Visit(ServiceModel service, List<string> path, Dictionary<string, ServiceModel> byName, HashSet<string> done, Reading reading)
    {
        if (path.IndexOf(service.Name) is var start and >= 0)
        {
            var field = reading.Services[service.Name];
            var place = Origins.Select(k => field[k]).FirstOrDefault(f => !f.IsMissing);
            (place.Node is null ? field : place).Error("services depend on each other in a circle: " + string.Join(" → ", path.Skip(start).Append(service.Name)), "an order in which they can start", service.Name);
            return;
        }
        if (!done.Add(service.Name)) return;
        path.Add(service.Name);
        foreach (var dependency in service.DependsOn)
            if (byName.TryGetValue(dependency.Service, out var next)) Visit(next, path, byName, done, reading);
        path.RemoveAt(path.Count - 1);
    }
}
