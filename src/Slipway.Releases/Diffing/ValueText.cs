using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Slipway.Model;

namespace Slipway.Releases.Diffing;

/// <summary>Values of the model as a person would write them.</summary>
static partial class ValueText
{
    /// <summary>Lists of words: shown as a command line.</summary>
    static readonly HashSet<string> Commands = ["command", "entrypoint", "test", "run"];

    static readonly HashSet<string> Sizes = ["memoryLimit", "memoryReservation", "memorySwapLimit", "shmSize", "tmpfsSize", "maxBody"];

    /// <returns>Null for nothing.</returns>
    public static string? Of(string? property, JsonNode? node) => node switch
    {
        null => null,
        JsonArray list when property is not null && Commands.Contains(property) && list.All(i => i is JsonValue) => Words(list.Select(i => Scalar(null, (JsonValue)i!))),
        JsonArray list => $"[{string.Join(", ", list.Select(i => Of(property, i)))}]",
        JsonObject map => $"{{{string.Join(", ", map.Where(p => IsWorthShowing(p.Value)).Select(p => $"{p.Key}: {(property == "users" || Secrecy.IsName(p.Key) ? Secrecy.Mask : Of(p.Key, p.Value))}"))}}}",
        JsonValue value => Scalar(property, value),
        _ => node.ToJsonString(),
    };

    public static string Of<T>(T network)
    {
        var text = network switch
        {
            NetworkModel n => Join(n.External ? $"external{(n.Name is { } name ? $" {name}" : "")}" : null, n.Driver, n.Internal ? "internal" : null, n.EnableIpv6 ? "IPv6" : null, Options(n.DriverOptions), Options(n.Labels)),
            VolumeModel v => Join(v.External ? "external" : null, v.Driver, Options(v.DriverOptions), Options(v.Labels)),
            _ => "",
        };
        return text.Length == 0 ? "of the app" : text;
    }

    public static string? List<T>(IReadOnlyList<T> items) => items.Count == 0 ? null : string.Join(", ", items);

    public static string Mount(MountModel mount) => Join(
        mount.Kind == MountKind.Tmpfs ? $"tmpfs{(mount.TmpfsSize is { } size ? " " + Bytes(size) : "")}{(mount.TmpfsMode is { } mode ? $" {Convert.ToString(mode, 8)}" : "")}" : mount.Source ?? "anonymous",
        mount.ReadOnly ? "read-only" : null, mount.NoCopy ? "nocopy" : null, mount.Propagation);

    public static string Attachment(NetworkAttachment attachment) => Join(
        "attached", attachment.Aliases.Count == 0 ? null : $"as {string.Join(" and ", attachment.Aliases)}", attachment.Ipv4Address, attachment.Ipv6Address);

    public static string Listen(StreamPort port) => Join(
        FormattableString.Invariant($"port {port.Target}"), port.Preview is { } preview ? FormattableString.Invariant($"preview {preview}") : null,
        port.Proxy is { } proxy ? $"proxy {proxy.ToString().ToLowerInvariant()}" : null, port.Max is { } max ? FormattableString.Invariant($"max {max}") : null, port.Idle is { } idle ? $"idle {Of(idle)}" : null);

    public static string Dependency(DependencyModel dependency) => dependency.Condition switch
    {
        DependencyCondition.Healthy => "service_healthy",
        DependencyCondition.CompletedSuccessfully => "service_completed_successfully",
        _ => "service_started",
    } + (dependency.Required ? "" : ", not required");

    /// <summary>A command line that a shell would split into these words.</summary>
    public static string Words(IEnumerable<string> words) => string.Join(' ', words.Select(word =>
        word.Length > 0 && word.All(c => char.IsLetterOrDigit(c) || "-_./:=@%+,".Contains(c, StringComparison.Ordinal)) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"));

    /// <summary>1m30s, as Compose files have it.</summary>
    public static string Of(TimeSpan time)
    {
        if (time == TimeSpan.Zero) return "0s";
        var text = "";
        if (time.Days > 0) text += FormattableString.Invariant($"{time.Days}d");
        if (time.Hours > 0) text += FormattableString.Invariant($"{time.Hours}h");
        if (time.Minutes > 0) text += FormattableString.Invariant($"{time.Minutes}m");
        if (time.Ticks % TimeSpan.TicksPerMinute is > 0 and var rest) text += FormattableString.Invariant($"{rest / (double)TimeSpan.TicksPerSecond:0.###}s");
        return text;
    }

    public static bool IsWorthShowing(JsonNode? value) => value is not (null or JsonArray { Count: 0 } or JsonObject { Count: 0 })
        && !(value is JsonValue scalar && scalar.GetValueKind() == JsonValueKind.False);

    static string Scalar(string? property, JsonValue value) => value.GetValueKind() switch
    {
        JsonValueKind.String when value.GetValue<string>() is var text => property is not null && TimeForm().IsMatch(text) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) ? Of(time) : text,
        JsonValueKind.Number when property == "weight" && value.TryGetValue(out int weight) => FormattableString.Invariant($"{weight / 100.0:0.##}%"),
        JsonValueKind.Number when property is not null && Sizes.Contains(property) && value.TryGetValue(out long size) => Bytes(size),
        _ => value.ToJsonString(),
    };

    static string Bytes(long size)
    {
        if (size <= 0) return size.ToString(CultureInfo.InvariantCulture);
        foreach (var (unit, power) in (ReadOnlySpan<(string, int)>)[("g", 30), ("m", 20), ("k", 10)])
            if (size % (1L << power) == 0) return FormattableString.Invariant($"{size >> power}{unit}");
        return FormattableString.Invariant($"{size}b");
    }

    static string? Options(IReadOnlyDictionary<string, string> options) =>
        options.Count == 0 ? null : string.Join(" ", options.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Key}={(Secrecy.IsName(o.Key) ? Secrecy.Mask : Secrecy.Masked(o.Value))}"));

    static string Join(params IEnumerable<string?> parts) => string.Join(", ", parts.Where(p => !string.IsNullOrEmpty(p)));

    /// <summary>How System.Text.Json writes a TimeSpan.</summary>
    [GeneratedRegex(@"^(\d+\.)?\d\d:\d\d:\d\d(\.\d{7})?$", RegexOptions.CultureInvariant)]
    private static partial Regex TimeForm();
}
