using System.Net;
using System.Net.NetworkInformation;

namespace Slipway.Releases;

/// <summary>The ports of this machine that something listens on now. A snapshot: what is free in it may be taken a moment later.</summary>
sealed class MachinePorts
{
    readonly HashSet<(IPAddress Address, int Port, string Protocol)> _taken;

    readonly IReadOnlyList<int> _gateway;

    MachinePorts(IEnumerable<(IPAddress, int, string)> taken, IReadOnlyList<int> gateway) => (_taken, _gateway) = ([.. taken], gateway);

    /// <summary>Of another machine: nothing is known.</summary>
    public static MachinePorts Unknown { get; } = new([], []);

    /// <param name="gateway">The gateway's own port, which every app may name: requests there are told apart by their host.</param>
    /// <param name="https">That for https; null: it has none.</param>
    public static MachinePorts Look(int gateway, int? https = null)
    {
        var machine = IPGlobalProperties.GetIPGlobalProperties();
        return new(((IEnumerable<(IPAddress, int Port, string Protocol)>)[
            .. machine.GetActiveTcpListeners().Select(end => (end.Address, end.Port, "tcp")),
            .. machine.GetActiveUdpListeners().Select(end => (end.Address, end.Port, "udp"))]).Where(end => end is not { Protocol: "tcp" } || end.Port != gateway),
            https is { } other ? [gateway, other] : [gateway]);
    }

    /// <summary>The gateway takes the requests of all apps there.</summary>
    public bool IsGateway(int port, string protocol) => protocol == "tcp" && _gateway.Contains(port);

    /// <param name="address">Null: every address of the machine.</param>
    /// <returns>Whether something listens there, or on every address.</returns>
    public bool IsTaken(string? address, int port, string protocol) =>
        _taken.Any(taken => taken.Port == port && taken.Protocol == protocol
            && (address is null || IsAny(taken.Address) || !IPAddress.TryParse(address, out var wanted) || taken.Address.Equals(wanted)));

    static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
