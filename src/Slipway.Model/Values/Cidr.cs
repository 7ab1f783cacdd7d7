using System.Net;
using System.Net.Sockets;

namespace Slipway.Model;

/// <summary>Networks in CIDR notation (RFC 4632, section 3.1; RFC 4291, section 2.3). A single address is a network of its own.</summary>
public static class Cidr
{
    /// <summary>What is right, for messages.</summary>
    public const string Expected = "an address, or a network in CIDR notation without bits behind its prefix, for example 10.0.0.0/8 or 2001:db8::/32";

    public static bool TryParse(string? text, out IPNetwork network)
    {
        network = default;
        if (string.IsNullOrEmpty(text) || text.Contains('%', StringComparison.Ordinal)) return false;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var written = slash < 0 ? text : text[..slash];
        // "10" and "010.1.2.3" are addresses to the parser, and a slip to everybody else.
        if (!IPAddress.TryParse(written, out var address) || (address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != written)) return false;
        if (slash >= 0) return !address.IsIPv4MappedToIPv6 && IPNetwork.TryParse(text, out network) && network.BaseAddress.Equals(address);
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        network = new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
        return true;
    }
}
