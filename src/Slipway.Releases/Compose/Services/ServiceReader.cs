using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>Reads one entry of <c>services</c>. What depends on other services (routes, aliases of links) is added later.</summary>
static class ServiceReader
{
    public static ServiceModel Read(string name, Field service, Reading reading)
    {
        if (service.Node is not null && !service.IsMissing && service.Node is not Mapping) service.Error($"{service.Node.Kind} is no service", "a mapping with image or build");
        var image = service["image"];
        var build = BuildReader.Read(service["build"], service, reading);
        if (image.Text() is not { Length: > 0 } && build is null)
            service.Error($"the service '{name}' says neither image nor build", "image: or build:");
        if (image.Text() is { Length: > 0 } text && !ImageReference.TryParse(text, out _))
            image.Error($"'{text}' is no image reference", "[registry/]repository[:tag][@digest] in lower case");

        return new ServiceModel
        {
            Name = name,
            Image = image.Text() is { Length: > 0 } written ? written : null,
            Build = build,
            Container = ContainerReader.Read(service, reading),
            DependsOn = DependencyReader.Read(name, service, reading),
            Ports = PortReader.Read(service["ports"]),
            Expose = Expose(service["expose"]),
            Networks = NetworkReader.Attachments(service, reading),
            NetworkMode = NetworkReader.Mode(service["network_mode"]),
            Replicas = Replicas(service),
            Release = new ReleasePolicy { Strategy = Strategy.Rolling },
        };
    }

    static List<int> Expose(Field expose)
    {
        var ports = new List<int>();
        foreach (var item in expose.Items())
        {
            if (item.Text() is not { } text) continue;
            var bare = text.Split('/')[0];
            if (PortSyntax.TryRange(bare, out var range)) ports.AddRange(Enumerable.Range(range.First, range.Last - range.First + 1));
            else item.Error($"'{text}' is no port", PortSyntax.Range);
        }
        return [.. ports.Distinct()];
    }

    static int Replicas(Field service)
    {
        var mode = service["deploy"]["mode"];
        if (mode.Text() is { } word && word is not ("replicated" or "global"))
            mode.Error($"the mode '{word}' can't be had here", "replicated or global");
        var replicas = service["deploy"]["replicas"].Int(0, 1000);
        var scale = service["scale"].Int(0, 1000);
        if (replicas is not null && scale is not null && replicas != scale)
            service["scale"].Error($"scale says {scale} and deploy.replicas says {replicas}", "one of them");
        return mode.Text() == "global" ? 1 : replicas ?? scale ?? 1;
    }
}
