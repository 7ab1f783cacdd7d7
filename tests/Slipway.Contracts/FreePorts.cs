using System.Net;
using System.Net.Sockets;

namespace Slipway.Contracts;

/// <summary>Ports of this machine for programs that must be told one.</summary>
public static class FreePorts
{
    static int _last = Random.Shared.Next(12_000);

    /// <summary>
    /// One that nobody listens on. Below those that the system gives to connections (net.ipv4.ip_local_port_range begins at 32768), and each only once: nobody
    /// else of these tests takes it before the program that it is for does.
    /// </summary>
    public static int Take()
    {
        while (true)
        {
            var port = 20_000 + (Interlocked.Increment(ref _last) % 12_000);
            using var probe = new TcpListener(IPAddress.Loopback, port);
            try
            {
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }
}
