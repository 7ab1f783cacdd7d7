using System.Net;
using System.Net.Sockets;

namespace Slipway.Bench.Decisions;

/// <summary>Where every instance "listens": accepts what the readiness gates ask for.</summary>
sealed class OpenPort : IDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public OpenPort()
    {
        _listener.Start(1024);
        _ = Accept();
    }

    public int Number => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose() => _listener.Stop();

    async Task Accept()
    {
        try
        {
            while (true) (await _listener.AcceptSocketAsync()).Dispose();
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }
}
