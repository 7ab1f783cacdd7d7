using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Slipway.Engines.Docker;

/// <summary>
/// Addresses for networks beyond those that an engine gives out by itself (by default about thirty networks, and each slot of an app takes one): subnets of one size
/// from a pool, none that another network of the engine has or that the machine has a route to. Pure but for <see cref="Routes"/>.
/// </summary>
static class AddressPool
{
    /// <summary>Room for 1,000 instances.</summary>
    public const int Prefix = 22;

    /// <summary>The free subnets, in order.</summary>
    /// <param name="pool">Of IPv4, of a prefix of at most <see cref="Prefix"/>.</param>
    public static IEnumerable<IPNetwork> Free(IPNetwork pool, IReadOnlyList<IPNetwork> taken)
    {
        var first = BinaryPrimitives.ReadUInt32BigEndian(pool.BaseAddress.GetAddressBytes());
        var size = 1L << (32 - Prefix);
        for (long offset = 0; offset < 1L << (32 - pool.PrefixLength); offset += size)
        {
            var address = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(address, (uint)(first + offset));
            var subnet = new IPNetwork(new IPAddress(address), Prefix);
            if (!taken.Any(other => Overlap(subnet, other))) yield return subnet;
        }
    }

    /// <summary>Whether the engine says that it has no addresses left (Docker's libnetwork, before and after 25; Podman's netavark).</summary>
    public static bool IsExhausted(EngineException refused) =>
        refused.Message.Contains("non-overlapping IPv4 address pool", StringComparison.Ordinal)
        || refused.Message.Contains("predefined address pools have been fully subnetted", StringComparison.Ordinal)
        || refused.Message.Contains("could not find free subnet", StringComparison.Ordinal);

    public static bool IsTaken(EngineException refused) => refused.Message.Contains("overlap", StringComparison.OrdinalIgnoreCase) && !IsExhausted(refused);

    /// <summary>The networks that this machine has routes to, but for the default one: /proc/net/route, each line IFACE DESTINATION GATEWAY ... MASK in hexadecimal digits of the host's order.</summary>
    public static IReadOnlyList<IPNetwork> Routes(string table = "/proc/net/route")
    {
        if (!File.Exists(table)) return [];
        var routes = new List<IPNetwork>();
        foreach (var line in File.ReadLines(table).Skip(1))
        {
            var cells = line.Split('\t', StringSplitOptions.TrimEntries);
            if (cells.Length < 8 || !Number(cells[1], out var destination) || !Number(cells[7], out var mask) || mask == 0) continue;
            var prefix = System.Numerics.BitOperations.PopCount(mask);
            routes.Add(new IPNetwork(new IPAddress(BitConverter.GetBytes(destination & mask)), prefix));
        }
        return routes;
    }

    static bool Number(string text, out uint number) => uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);

    static bool Overlap(IPNetwork one, IPNetwork other) =>
        other.BaseAddress.AddressFamily == AddressFamily.InterNetwork && (one.Contains(other.BaseAddress) || other.Contains(one.BaseAddress));
}
