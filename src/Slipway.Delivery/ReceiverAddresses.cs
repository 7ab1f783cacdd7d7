using System.Net;
using System.Net.Sockets;
using Slipway.Model;

namespace Slipway.Delivery;

/// <summary>
/// Where nothing is sent to unless an operator allows it: link-local addresses (RFC 3927; RFC 4291, section 2.5.6), among them 169.254.169.254, at which clouds
/// tell a machine its credentials, and those addresses of the same kind that are not link-local. Who may add a webhook is not, by that, who may read them.
/// </summary>
public static class ReceiverAddresses
{
    static readonly IPNetwork[] Forbidden =
    [
        IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("fe80::/10"),
        // Metadata: Amazon over IPv6, Alibaba Cloud, Oracle Cloud, Azure's host.
        IPNetwork.Parse("fd00:ec2::254/128"), IPNetwork.Parse("100.100.100.200/32"), IPNetwork.Parse("192.0.0.192/32"), IPNetwork.Parse("168.63.129.16/32"),
        // No addresses of a receiver: this machine unnamed, and many at once.
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("::/128"), IPNetwork.Parse("224.0.0.0/4"), IPNetwork.Parse("ff00::/8"), IPNetwork.Parse("255.255.255.255/32"),
    ];

    public static bool IsForbidden(IPAddress address, IReadOnlyList<IPNetwork> allowed)
    {
        var plain = Plain(address);
        return Forbidden.Any(network => network.Contains(plain)) && !allowed.Any(network => network.Contains(plain));
    }

    /// <summary>Why nothing is sent to the URL; null where its host is a name, or an address that may be sent to.</summary>
    public static string? Refusal(Uri url, IReadOnlyList<IPNetwork> allowed) =>
        IPAddress.TryParse(url.IdnHost, out var address) && IsForbidden(address, allowed) ? Refusal(url.IdnHost, [address]) : null;

    internal static string Refusal(string host, IReadOnlyList<IPAddress> addresses)
    {
        var found = addresses.Count == 0 ? "no address" : string.Join(", ", addresses.Select(Plain));
        return addresses.Count == 0 ? $"{host} has {found}"
            : $"{(found == host ? host : $"{host} is {found}, which")} is a link-local, metadata or multicast address: nothing is sent there unless 'webhooks.allow' in DATA/slipway.yaml has it";
    }

    internal static async Task<IPAddress[]> Resolve(string host, CancellationToken cancel) =>
        IPAddress.TryParse(host, out var address) ? [address] : await Dns.GetHostAddressesAsync(host, AddressFamily.Unspecified, cancel);

    /// <summary>An IPv4 address that is written as one of IPv6 (mapped, RFC 4291, section 2.5.5.2; NAT64, RFC 6052, section 2.1) is that IPv4 address.</summary>
    static IPAddress Plain(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        return bytes.AsSpan(0, 12).SequenceEqual((ReadOnlySpan<byte>)[0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]) ? new IPAddress(bytes.AsSpan(12)) : new IPAddress(bytes);
    }

    /// <summary>Whether events can be posted to a URL at all.</summary>
    /// <returns>Null where they can.</returns>
    public static Diagnostic? Check(string url, IReadOnlyList<IPNetwork> allowed)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            return Wrong("is no URL to post to", "http://... or https://...", url);
        if (uri.UserInfo.Length > 0) return Wrong("would be shown in lists", "a URL without user and password; the receiver knows us by the signature", "(a URL with a password)");
        return Refusal(uri, allowed) is { } refusal ? new Diagnostic { Key = "url", Message = refusal, Found = url, Expected = "the URL of a receiver" } : null;

        static Diagnostic Wrong(string what, string expected, string found) => new() { Key = "url", Message = $"'{found}' {what}", Found = found, Expected = expected };
    }
}
