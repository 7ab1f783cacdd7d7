using System.Globalization;
using System.Text.RegularExpressions;
using Slipway.Model;

namespace Slipway.Engines.Docker;

/// <summary>A start that failed because a port of the host is taken: what the engine says of it, in the terms of the person who wrote <c>ports</c>.</summary>
sealed partial class PortConflict(DockerClient client)
{
    /// <summary>Null where the engine's refusal is about something else.</summary>
    public async Task<EngineException?> Explain(EngineException refused, Workload workload, CancellationToken cancel)
    {
        var isConflict = refused.Message.Contains("port is already allocated", StringComparison.Ordinal)
            || refused.Message.Contains("address already in use", StringComparison.Ordinal);
        if (!isConflict) return null;
        var match = Bound().Match(refused.Message);
        int? named = match.Success ? int.Parse(match.Groups["port"].ValueSpan, CultureInfo.InvariantCulture) : null;
        var what = named is { } port
            ? $"Port {port.ToString(CultureInfo.InvariantCulture)} of the host"
            : $"A port of the host ({string.Join(", ", workload.Ports)})";
        var holder = named is { } taken && await Holder(taken, cancel) is { } name ? $"the container '{name}'" : "another program";
        return new EngineException(
            409,
            $"{what} can't be published for {workload.App}/{workload.Service}: {holder} has it. Stop that, or choose another port in 'ports'. "
                + $"(The engine says: {refused.Message})",
            refused);
    }

    async Task<string?> Holder(int port, CancellationToken cancel)
    {
        var filter = DockerLabels.Filters(("publish", [port.ToString(CultureInfo.InvariantCulture)]), ("status", ["running"]));
        var holders = await client.Get($"/containers/json?{filter}", DockerJson.Default.IReadOnlyListContainerListed, cancel);
        return holders is [{ Names: [var name, ..] }, ..] ? name.TrimStart('/') : null;
    }

    // "Bind for 0.0.0.0:8080 failed", "listen tcp4 0.0.0.0:8080: bind", "listen udp [::]:53: bind", "failed to bind host port 0.0.0.0:8080:172.18.0.2:80/tcp"
    [GeneratedRegex(@"(?:Bind for|listen (?:tcp|udp|sctp)[46]?|bind host port(?: for)?) (?:\[[0-9a-fA-F:.]*\]|[0-9.]*):(?<port>[0-9]{1,5})")]
    private static partial Regex Bound();
}
