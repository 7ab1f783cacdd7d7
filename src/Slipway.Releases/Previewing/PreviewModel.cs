using System.Globalization;
using Slipway.Model;

namespace Slipway.Releases.Previewing;

/// <summary>
/// From what a branch's files say to the model of its preview: hosts, volumes and secrets of its own, no ports of the machine, one instance of each service,
/// replaced without steps. Nothing of the machine that the app's live release doesn't have, and nothing that is shared with it unless its policy says so.
/// Pure, but for looking whether paths are files.
/// </summary>
static class PreviewModel
{
    /// <param name="branch">The model that the files say, by the app's name.</param>
    /// <param name="live">That of the app's live release, whose policy holds.</param>
    /// <param name="place">Which preview.</param>
    /// <returns>The model, and sentences about what is otherwise than in the app.</returns>
    /// <exception cref="InvalidInputException">It can't be had as a preview; every reason is in it.</exception>
    public static (AppModel Model, IReadOnlyList<string> Notes) Make(AppModel branch, AppModel live, PreviewPlace place)
    {
        var (policy, findings) = (live.Previews ?? new PreviewPolicy(), new PreviewFindings());
        var chosen = Chosen(branch.Services, policy, findings);
        var hosts = new PreviewHosts(policy, place, chosen);
        var mounts = new PreviewMounts(branch.Volumes, live, policy, place, findings);
        var services = chosen.Select(service => Make(service, chosen, live, policy, place, hosts, mounts, findings)).ToList();
        hosts.Check(services, findings);
        var networks = Networks(branch, services, live, policy, findings);
        if (findings.Errors.Count > 0) throw new InvalidInputException(findings.Errors);
        var mounted = services.SelectMany(s => s.Container.Mounts).Where(m => m.Kind == MountKind.Volume).Select(m => m.Source).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return (new AppModel
        {
            Name = place.App,
            Services = services,
            Networks = networks,
            Volumes = [.. branch.Volumes.Select(mounts.Renamed).Where(v => mounted.Contains(v.Name))],
        }, findings.Notes);
    }

    static ServiceModel Make(
        ServiceModel service, IReadOnlyList<ServiceModel> chosen, AppModel live, PreviewPolicy policy, PreviewPlace place, PreviewHosts hosts, PreviewMounts mounts, PreviewFindings findings)
    {
        PreviewLimits.Check(service, live.Find(service.Name), findings);
        var container = service.Container with { Mounts = mounts.Of(service), Files = Files(service, policy, place, findings) };
        var made = service with
        {
            Replicas = Math.Min(service.Replicas, policy.Scale),
            Ports = [],
            DependsOn = [.. service.DependsOn.Where(d => chosen.Any(s => s.Name == d.Service))],
            Networks = [.. service.Networks.Select(n => n with { Ipv4Address = null, Ipv6Address = null })],
        };
        NotePorts(service, findings);
        var release = hosts.Of(service) with { Strategy = service.Release.Strategy == Strategy.Recreate ? Strategy.Recreate : Strategy.Rolling };
        return made with
        {
            Release = release,
            Container = container with { Environment = Environment(service, policy, place, hosts.HostOf(release)) },
        };
    }

    /// <summary>Those that are asked for and all that they need; of the others nothing runs.</summary>
    static List<ServiceModel> Chosen(IReadOnlyList<ServiceModel> services, PreviewPolicy policy, PreviewFindings findings)
    {
        if (policy.Services.Count == 0) return [.. services];
        var wanted = new HashSet<string>(StringComparer.Ordinal);
        var next = new Stack<string>(policy.Services);
        while (next.TryPop(out var name))
            if (services.FirstOrDefault(s => s.Name == name) is { } service && wanted.Add(name))
                foreach (var dependency in service.DependsOn.Where(d => d.Required)) next.Push(dependency.Service);
        if (wanted.Count == 0)
            findings.Refuse("x-release.previews.services", $"the branch has none of the services that previews are made of ({string.Join(", ", policy.Services)})", "one of them, or another list in the app's live release");
        var left = services.Where(s => !wanted.Contains(s.Name)).Select(s => s.Name).ToList();
        if (left.Count > 0) findings.Note($"Not part of previews: {string.Join(", ", left)}.");
        return [.. services.Where(s => wanted.Contains(s.Name))];
    }

    static IReadOnlyList<FileGrant> Files(ServiceModel service, PreviewPolicy policy, PreviewPlace place, PreviewFindings findings)
    {
        var made = service.Container.Files.Where(f => f.IsSecret && !policy.Gives(f.Name)).Select(f => f.Name).Distinct().ToList();
        if (made.Count > 0) findings.Note($"{service.Name} gets secrets of the preview's own, not the app's: {string.Join(", ", made)}.");
        return [.. service.Container.Files.Select(file => made.Contains(file.Name) && file.IsSecret ? file with { Source = null, Content = place.Secret(file.Name) } : file)];
    }

    static SortedDictionary<string, string> Environment(ServiceModel service, PreviewPolicy policy, PreviewPlace place, string? host)
    {
        var environment = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["SLIPWAY_PREVIEW"] = place.Name.Value, ["SLIPWAY_PREVIEW_OF"] = place.Of.Value };
        if (host is not null) environment["SLIPWAY_PREVIEW_HOST"] = host;
        foreach (var (name, value) in service.Container.Environment) environment[name] = value;
        foreach (var (name, value) in policy.Environment) environment[name] = value;
        return environment;
    }

    static void NotePorts(ServiceModel service, PreviewFindings findings)
    {
        var ports = service.Release.GatewayPorts.Select(p => p.Port.ToString(CultureInfo.InvariantCulture))
            .Concat(service.Ports.Select(p => $"{(p.Published ?? p.Target).ToString(CultureInfo.InvariantCulture)}/{p.Protocol}")).Concat(service.Release.Listen.Select(l => l.ToString())).ToList();
        if (ports.Count == 0) return;
        var how = service.Release.Hosts.Count > 0 ? "its host" : $"the name {service.Name}, by the other services alone";
        findings.Note($"{service.Name} takes no port of the machine in a preview ({string.Join(", ", ports)}): it is reached at {how}.");
    }

    static List<NetworkModel> Networks(AppModel branch, IReadOnlyList<ServiceModel> services, AppModel live, PreviewPolicy policy, PreviewFindings findings)
    {
        var used = branch.Networks.Where(n => services.Any(s => s.Networks.Any(a => a.Network == n.Key))).ToList();
        foreach (var network in used)
            if (network.External && !policy.Share.Contains(network.Name ?? network.Key) && !policy.Share.Contains(network.Key))
                findings.Refuse($"networks.{network.Key}", $"the network '{network.Name ?? network.Key}' is not the app's own: what else is in it would meet the preview", PreviewMounts.Shared(network.Name ?? network.Key), network.Name);
            else if (network is { External: false, Driver: not (null or "bridge" or "overlay") } && live.Networks.All(n => n.Driver != network.Driver))
                findings.Refuse($"networks.{network.Key}.driver", $"the live release has no network of the driver '{network.Driver}'", "bridge, or a release of the app that has it", network.Driver);
        return used;
    }
}
