using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>networks</c>, of a service and of the file.</summary>
static class NetworkReader
{
    public static string? Mode(Field mode)
    {
        switch (mode.Text())
        {
            case null or "":
                return null;
            case "host" or "none" or "bridge":
                return mode.Text();
            case var text when text.StartsWith("service:", StringComparison.Ordinal) || text.StartsWith("container:", StringComparison.Ordinal):
                mode.Error($"'{text}' would tie this service to the network of a container that a release replaces", "host, none, bridge, or networks:");
                return null;
            case var text:
                mode.Error($"the network mode '{text}' is not known", "host, none or bridge; a network of one's own goes under networks:");
                return null;
        }
    }

    public static IReadOnlyList<NetworkAttachment> Attachments(Field service, Reading reading)
    {
        var networks = service["networks"];
        if (service["network_mode"].Text() is { Length: > 0 } mode)
        {
            if (!networks.IsMissing) networks.Error($"networks and network_mode: {mode} exclude each other", "one of them");
            return [];
        }
        string[] extra = service["container_name"].Text() is { Length: > 0 } name ? [name] : [];
        if (networks.IsMissing || networks.Node is Mapping { Entries.Count: 0 } or Sequence { Items.Count: 0 }) return [new NetworkAttachment { Network = "default", Aliases = extra }];

        var attachments = new List<NetworkAttachment>();
        var entries = networks.Node is Mapping
            ? networks.Entries().Select(e => (e.Key, e.Value, Place: e.Value.Node is null ? networks : e.Value))
            : networks.Items().Where(i => i.Text() is not null).Select(i => (i.Text()!, new Field(null, i.Path, i.Findings), Place: i));
        foreach (var (key, value, place) in entries)
        {
            if (key != "default" && !Reading.Has(reading.Networks, key))
            {
                place.Error($"there is no network '{key}'", Reading.Defined(reading.Networks), key);
                continue;
            }
            foreach (var version in new[] { "ipv4_address", "ipv6_address" })
                if (!value[version].IsMissing && !IsExternal(reading.Networks[key]))
                    value[version].Error("two slots can't have the same address; only on an external network can it be fixed", "no fixed address: services find each other by name");
            attachments.Add(new NetworkAttachment
            {
                Network = key,
                Aliases = [.. value["aliases"].TextList().Concat(extra).Distinct()],
                Ipv4Address = value["ipv4_address"].Text(),
                Ipv6Address = value["ipv6_address"].Text(),
            });
        }
        return [.. attachments.OrderBy(a => a.Network, StringComparer.Ordinal)];
    }

    /// <summary>Networks that a service is attached to, sorted by key.</summary>
    public static IReadOnlyList<NetworkModel> Used(IEnumerable<ServiceModel> services, Reading reading) =>
        [.. services.SelectMany(s => s.Networks).Select(n => n.Network).Distinct().Order(StringComparer.Ordinal).Select(key => Define(key, reading.Networks[key]))];

    static NetworkModel Define(string key, Field network) => new()
    {
        Key = key,
        External = IsExternal(network),
        Name = IsExternal(network) ? network["name"].Text() ?? network["external"]["name"].Text() ?? key : null,
        Driver = network["driver"].Text(),
        DriverOptions = network["driver_opts"].Texts(emptyForNull: true),
        Internal = network["internal"].Bool() ?? false,
        EnableIpv6 = network["enable_ipv6"].Bool() ?? false,
        Labels = network["labels"].Texts(emptyForNull: true),
    };

    // external: true, or in old files external: {name: x}.
    static bool IsExternal(Field network) => network["external"].Node is Mapping || network["external"].Bool() == true;
}
