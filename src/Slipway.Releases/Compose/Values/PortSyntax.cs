using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>The short form of a port (Compose Specification, 05-services.md, "ports"): [ADDRESS:][HOST:]CONTAINER[/PROTOCOL], each a port or a range.</summary>
static class PortSyntax
{
    public const string Expected = "[ADDRESS:][HOST:]CONTAINER[/PROTOCOL], for example 8080:80, 127.0.0.1:8080:80 or 53:53/udp";
    public const string Range = "1 to 65535";

    public static bool TryParse(string text, out IReadOnlyList<PortModel> ports, out string? problem)
    {
        ports = [];
        var (rest, protocol) = text.LastIndexOf('/') is var slash and >= 0 ? (text[..slash], text[(slash + 1)..].ToLowerInvariant()) : (text, "tcp");
        if (!IsProtocol(protocol)) return Fail($"'{protocol}' is no protocol of a port", out problem);

        var cut = rest.LastIndexOf(':');
        var container = rest[(cut + 1)..];
        var before = cut < 0 ? "" : rest[..cut];
        string? address = null;
        if (before.EndsWith(']') || before.Contains(':', StringComparison.Ordinal))
        {
            // ADDRESS:HOST:CONTAINER; an IPv6 address stands in brackets, or bare before its last colon.
            var split = before.EndsWith(']') ? -1 : before.LastIndexOf(':');
            (address, before) = split < 0 ? (before, "") : (before[..split], before[(split + 1)..]);
        }
        else if (before.Contains('.', StringComparison.Ordinal))
        {
            (address, before) = (before, "");
        }
        if (address is not null && !TryAddress(address, out address)) return Fail($"'{text}' has no address of this machine before its ports", out problem);
        if (!TryRange(container, out var targets)) return Fail($"'{container}' is no port", out problem);
        if (before.Length == 0) return Succeed([.. Each(targets).Select(t => Port(address, null, t, protocol))], out ports, out problem);
        if (!TryRange(before, out var published)) return Fail($"'{before}' is no port", out problem);

        var (width, wanted) = (published.Last - published.First, targets.Last - targets.First);
        if (width != wanted)
            return Fail(wanted == 0 ? $"'{text}' leaves the host's port open between {published.First} and {published.Last}" : $"'{text}' has ranges of different lengths", out problem);
        return Succeed([.. Each(targets).Select(t => Port(address, published.First + t - targets.First, t, protocol))], out ports, out problem);
    }

    public static bool IsProtocol(string text) => text is "tcp" or "udp" or "sctp";

    public static bool TryAddress(string text, out string? address)
    {
        address = null;
        var bare = text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text;
        if (!IPAddress.TryParse(bare, out var ip)) return false;
        if (ip.AddressFamily == AddressFamily.InterNetwork && bare.Count(c => c == '.') != 3) return false;
        address = ip.ToString();
        return true;
    }

    /// <summary>80 or 8000-8010.</summary>
    public static bool TryRange(string text, out (int First, int Last) range)
    {
        range = default;
        var parts = text.Split('-');
        if (parts.Length > 2 || !TryPort(parts[0], out var first) || !TryPort(parts[^1], out var last) || last < first) return false;
        range = (first, last);
        return true;
    }

    public static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535;

    static IEnumerable<int> Each((int First, int Last) range) => Enumerable.Range(range.First, range.Last - range.First + 1);

    static PortModel Port(string? address, int? published, int target, string protocol) =>
        new() { HostAddress = address, Published = published, Target = target, Protocol = protocol };

    static bool Fail(string message, out string? problem)
    {
        problem = message;
        return false;
    }

    static bool Succeed(IReadOnlyList<PortModel> found, out IReadOnlyList<PortModel> ports, out string? problem)
    {
        (ports, problem) = (found, null);
        return true;
    }
}
