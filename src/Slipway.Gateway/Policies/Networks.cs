using System.Net;
using Slipway.Model;

namespace Slipway.Gateway.Policies;

/// <summary>A list of networks in CIDR notation, as requests are compared with it. A single address is a network of its own.</summary>
sealed class Networks(IReadOnlyList<IPNetwork> networks)
{
    readonly IPNetwork[] _networks = [.. networks];

    public static Networks None { get; } = new([]);

    public bool IsEmpty => _networks.Length == 0;

    /// <exception cref="FormatException">One is none; <see cref="Cidr.TryParse"/> says so before.</exception>
    public static Networks Parse(IEnumerable<string> texts) =>
        new([.. texts.Select(text => Cidr.TryParse(text, out var network) ? network : throw new FormatException($"'{text}' is no network: {Cidr.Expected}"))]);

    /// <param name="address">Plain, see <see cref="Plain"/>.</param>
    public bool Contain(IPAddress address)
    {
        foreach (var network in _networks)
            if (network.Contains(address)) return true;
        return false;
    }

    /// <summary>An IPv4 address that came over an IPv6 socket (::ffff:10.1.2.3) is one all the same.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
