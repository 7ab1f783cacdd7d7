namespace Slipway.Releases.Compose;

/// <summary>What makes two entries of a list the same one when files are merged (Compose Specification, 13-merge.md, "Unique resources").</summary>
static class ResourceIdentity
{
    public static string? OfPort(Node node) => node switch
    {
        Scalar scalar => PortSyntax.TryParse(scalar.Text, out var ports, out _) ? string.Join(',', ports) : scalar.Text,
        Mapping mapping => $"{Text(mapping, "host_ip")}{(Text(mapping, "host_ip") is null ? "" : ":")}{Text(mapping, "published") ?? "*"}:{Text(mapping, "target")}/{Text(mapping, "protocol") ?? "tcp"}",
        _ => null,
    };

    public static string? OfMount(Node node) => node switch
    {
        Scalar scalar => MountSyntax.Split(scalar.Text).Target,
        Mapping mapping => Text(mapping, "target"),
        _ => null,
    };

    public static string? OfDevice(Node node) => node switch
    {
        Scalar scalar => scalar.Text.Split(':') is [_, var target, ..] ? target : scalar.Text,
        Mapping mapping => Text(mapping, "target"),
        _ => null,
    };

    public static string? OfGrant(Node node, string folder) => node switch
    {
        Scalar scalar => folder + scalar.Text,
        Mapping mapping => (Text(mapping, "target") ?? Text(mapping, "source")) is { } target ? target.StartsWith('/') ? target : folder + target : null,
        _ => null,
    };

    static string? Text(Mapping mapping, string key) => mapping.Find(key) is Scalar { IsNullText: false } scalar ? scalar.Text : null;
}
