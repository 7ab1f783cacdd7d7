using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>
/// <c>links: [redis:db]</c> lets one service find redis as db. Networks give names to all their members, so the linked service gets the alias
/// in every network that the two share.
/// </summary>
static class LinkAliases
{
    public static List<ServiceModel> Add(List<ServiceModel> services, Reading reading)
    {
        foreach (var service in services.ToList())
            foreach (var link in reading.Services[service.Name]["links"].Items())
            {
                if (link.Text()?.Split(':') is not [var target, var alias] || target == alias) continue;
                var at = services.FindIndex(s => s.Name == target);
                if (at < 0) continue;
                if (services.Any(s => s.Name == alias && s.Name != target))
                {
                    link.Error($"the alias '{alias}' is the name of another service", "another alias");
                    continue;
                }
                var shared = service.Networks.Select(n => n.Network).ToHashSet(StringComparer.Ordinal);
                if (!services[at].Networks.Any(n => shared.Contains(n.Network))) link.Error($"'{service.Name}' and '{target}' share no network", "a network of both");
                services[at] = services[at] with
                {
                    Networks = [.. services[at].Networks.Select(n => shared.Contains(n.Network) && !n.Aliases.Contains(alias) ? n with { Aliases = [.. n.Aliases, alias] } : n)],
                };
            }
        return services;
    }
}
