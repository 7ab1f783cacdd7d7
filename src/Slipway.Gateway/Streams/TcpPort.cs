using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Slipway.Gateway.Streams;

/// <summary>A port whose TCP connections go to a route.</summary>
sealed class TcpPort : IStreamPort
{
    const int Backlog = 4096;

    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    readonly Socket _listener;
    readonly StreamServices _services;
    readonly ConcurrentDictionary<TcpConnection, bool> _connections = [];

    TcpPort(StreamKey key, Socket listener, StreamServices services) => (Key, _listener, _services) = (key, listener, services);

    public StreamKey Key { get; }

    public bool IsEmpty => _connections.IsEmpty;

    /// <exception cref="SocketException">The port can't be had.</exception>
    public static TcpPort Open(StreamKey key, StreamServices services)
    {
        var address = key.Address.Address.Equals(IPAddress.IPv6Any) && !Socket.OSSupportsIPv6 ? new IPEndPoint(IPAddress.Any, key.Address.Port) : key.Address;
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Address.Equals(IPAddress.IPv6Any)) listener.DualMode = true;
            listener.Bind(address);
            listener.Listen(Backlog);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
        var port = new TcpPort(key, listener, services);
        _ = port.Accept();
        return port;
    }

    public void Close() => _listener.Dispose();

    public void Sweep(long now)
    {
        _services.Switchboard.Table.Streams.TryGetValue(Key, out var route);
        foreach (var (connection, _) in _connections) connection.Sweep(route, now);
    }

    public void End(bool all)
    {
        foreach (var (connection, _) in _connections) connection.End(all);
    }

    async Task Accept()
    {
        while (true)
            try
            {
                _ = Serve(await _listener.AcceptAsync());
            }
            catch (Exception closed) when (closed is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return;
            }
            catch (SocketException)
            {
                // The client was quicker, or there are no file descriptors left: those who wait stand in the backlog.
                await Task.Delay(Pause);
            }
    }

    async Task Serve(Socket client)
    {
        var connection = new TcpConnection(client, Key, _services);
        _connections[connection] = true;
        try
        {
            await connection.Run();
        }
        finally
        {
            _connections.TryRemove(connection, out _);
        }
    }
}
