using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Slipway.Model;

namespace Slipway.Gateway.Listening;

/// <summary>Why an address can't be listened on, in words that help; who has the port as far as /proc tells.</summary>
static class PortOwner
{
    // States of /proc/net/tcp; a UDP socket that is bound has that of a closed one.
    const string Listen = "0A", Bound = "07";

    public static string Explain(IPEndPoint address, Exception refused, StreamProtocol protocol = StreamProtocol.Tcp)
    {
        var code = refused is SocketException socket ? socket.SocketErrorCode : SocketError.AddressAlreadyInUse;
        if (refused is AddressInUseException) code = SocketError.AddressAlreadyInUse;
        return code switch
        {
            SocketError.AddressAlreadyInUse => $"Port {address.Port} is in use{(Find(address.Port, protocol) is { } owner ? $" by {owner}" : "")}.",
            SocketError.AccessDenied => $"Port {address.Port} is refused: ports below 1024 need root (or CAP_NET_BIND_SERVICE).",
            SocketError.AddressNotAvailable => $"This machine has no address {address.Address} to listen on.",
            _ => $"Can't listen on {address}: {refused.Message}.",
        };
    }

    /// <summary>"nginx (process 123)", or null where it can't be told: no Linux, or another user's process.</summary>
    public static string? Find(int port, StreamProtocol protocol = StreamProtocol.Tcp)
    {
        var (table, state) = protocol == StreamProtocol.Tcp ? ("/proc/net/tcp", Listen) : ("/proc/net/udp", Bound);
        try
        {
            var inodes = Inodes(table, port, state).Concat(Inodes(table + "6", port, state)).Select(i => $"socket:[{i}]").ToHashSet();
            if (inodes.Count == 0) return null;
            foreach (var process in Directory.EnumerateDirectories("/proc"))
            {
                if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
                if (Holds(process, inodes)) return $"{File.ReadAllText($"{process}/comm").Trim()} (process {id})";
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // It is only for the message.
        }
        return null;
    }

    // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
    static IEnumerable<string> Inodes(string table, int port, string state)
    {
        if (!File.Exists(table)) yield break;
        var suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        foreach (var line in File.ReadLines(table).Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9 && fields[3] == state && fields[1].EndsWith(suffix, StringComparison.Ordinal)) yield return fields[9];
        }
    }

    static bool Holds(string process, HashSet<string> inodes)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"{process}/fd").Any(fd => new FileInfo(fd).LinkTarget is { } target && inodes.Contains(target));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
