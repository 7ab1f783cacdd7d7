using System.Net;
using System.Net.Sockets;

namespace Slipway.Gateway.Streams;

/// <summary>
/// A port whose UDP datagrams go to a route. Answers must come from the address that was asked, which a socket for all addresses can't choose: the first
/// datagram to an address of the machine opens a socket for that address alone, which gets (and answers) all that follow.
/// </summary>
sealed class UdpPort : IStreamPort
{
    const int SolSocket = 1, SoReuseAddress = 2;

    readonly StreamServices _services;
    readonly Lock _gate = new();
    readonly Dictionary<IPAddress, UdpSocket> _byAddress = [];
    readonly List<UdpSocket> _sockets = [];
    bool _isClosed;
    int _flows;

    UdpPort(StreamKey key, StreamServices services) => (Key, _services) = (key, services);

    public StreamKey Key { get; }

    /// <summary>Flows of all its sockets.</summary>
    public int FlowCount => Volatile.Read(ref _flows);

    public bool IsEmpty => FlowCount == 0;

    public void FlowBegins() => Interlocked.Increment(ref _flows);

    public void FlowEnds() => Interlocked.Decrement(ref _flows);

    /// <exception cref="SocketException">The port can't be had.</exception>
    public static UdpPort Open(StreamKey key, StreamServices services)
    {
        var port = new UdpPort(key, services);
        try
        {
            if (!key.Address.Address.Equals(IPAddress.IPv6Any)) port.Add(key.Address.Address, isShared: key.Address.Address.Equals(IPAddress.Any));
            else
            {
                port.Add(IPAddress.Any, isShared: true);
                if (Socket.OSSupportsIPv6) port.Add(IPAddress.IPv6Any, isShared: true);
            }
        }
        catch
        {
            port.Close();
            port.End(all: true);
            throw;
        }
        foreach (var socket in port.All()) socket.Begin();
        return port;
    }

    /// <summary>Where what came to one of the machine's addresses is answered from; null: it can't be listened on (a broadcast), or the port is closed.</summary>
    public UdpSocket? For(IPAddress local)
    {
        lock (_gate)
        {
            if (_byAddress.TryGetValue(local, out var known)) return known;
            if (_isClosed) return null;
            try
            {
                var socket = _byAddress[local] = Add(local, isShared: false, isBeside: true);
                socket.Begin();
                return socket;
            }
            catch (SocketException)
            {
                return null;
            }
        }
    }

    /// <summary>The flows live on by their own sockets; their answers go out by ours until the last has ended.</summary>
    public void Close()
    {
        lock (_gate) _isClosed = true;
        foreach (var socket in All()) socket.Close();
    }

    public void Sweep(long now)
    {
        _services.Switchboard.Table.Streams.TryGetValue(Key, out var route);
        foreach (var socket in All()) socket.Sweep(route, now);
    }

    public void End(bool all)
    {
        // Datagrams are asked again: nothing is waited for.
        foreach (var socket in All()) socket.End();
    }

    UdpSocket Add(IPAddress address, bool isShared, bool isBeside = false)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
        try
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = false;
            // Two sockets of one port get along where both say so; of ours the first one says it only when it has the port, so that another program's is an error.
            if (isBeside) Share(socket);
            socket.Bind(new IPEndPoint(address, Key.Address.Port));
            if (isShared) Share(socket);
            socket.ReceiveBufferSize = 1 << 20;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        var one = new UdpSocket(this, socket, isShared, _services);
        lock (_gate) _sockets.Add(one);
        return one;
    }

    static void Share(Socket socket)
    {
        if (OperatingSystem.IsLinux()) socket.SetRawSocketOption(SolSocket, SoReuseAddress, BitConverter.GetBytes(1));
    }

    UdpSocket[] All()
    {
        lock (_gate) return [.. _sockets];
    }
}
