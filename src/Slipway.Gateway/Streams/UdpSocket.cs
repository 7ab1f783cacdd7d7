using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Slipway.Gateway.Policies;
using Slipway.Gateway.Routing;

namespace Slipway.Gateway.Streams;

/// <summary>A socket that clients' datagrams come to, with the flows of those clients.</summary>
/// <param name="isWild">For all addresses of the machine.</param>
sealed class UdpSocket(UdpPort port, Socket socket, bool isWild, StreamServices services)
{
    /// <summary>Of one port, where nothing else is said. What is more is dropped: flows that are there go on, whoever floods with invented addresses.</summary>
    const int MostFlows = 10_000;

    const int Largest = 64 * 1024, MostAtOnce = 64;

    static readonly TimeSpan DefaultIdle = TimeSpan.FromSeconds(30);

    readonly ConcurrentDictionary<SocketAddress, UdpFlow> _flows = [];
    readonly Lock _gate = new();
    volatile bool _isClosed;

    public void Begin() => _ = isWild ? ReceiveWild() : Receive();

    /// <summary>Takes no more; what flows still answer goes out.</summary>
    public void Close()
    {
        _isClosed = true;
        if (_flows.IsEmpty) socket.Dispose();
    }

    public void End()
    {
        foreach (var (_, flow) in _flows) flow.End(StreamStatus.Stopped);
        if (_isClosed) socket.Dispose();
    }

    public void Sweep(CompiledStream? route, long now)
    {
        foreach (var (_, flow) in _flows) flow.Sweep(route, DefaultIdle, now);
        if (_isClosed && _flows.IsEmpty) socket.Dispose();
    }

    /// <summary>It has ended.</summary>
    public void Forget(UdpFlow flow)
    {
        if (_flows.TryRemove(new KeyValuePair<SocketAddress, UdpFlow>(flow.Client, flow))) port.FlowEnds();
    }

    /// <summary>An instance's answer. What the client's side can't take now is lost, as datagrams are.</summary>
    public void Answer(ReadOnlySpan<byte> datagram, SocketAddress client)
    {
        try
        {
            socket.SendTo(datagram, SocketFlags.None, client);
        }
        catch (Exception lost) when (lost is SocketException or ObjectDisposedException)
        {
            // The buffer is full, the client can't be reached, or the gateway stops.
        }
    }

    /// <summary>The instance of a flow refuses: another one takes it over, where there is one.</summary>
    public void Move(UdpFlow flow)
    {
        lock (_gate)
            if (!_isClosed && !_flows.ContainsKey(flow.Client)) Open(flow.Client, flow.Tried);
    }

    async Task Receive()
    {
        var buffer = GC.AllocateUninitializedArray<byte>(Largest, pinned: true);
        var client = new SocketAddress(socket.AddressFamily);
        var atOnce = 0;
        while (!_isClosed)
            try
            {
                var receiving = socket.ReceiveFromAsync(buffer, SocketFlags.None, client);
                atOnce = receiving.IsCompleted ? atOnce + 1 : 0;
                Take(buffer.AsSpan(0, await receiving), client);
                if (atOnce >= MostAtOnce)
                {
                    atOnce = 0;
                    await Task.Yield();
                }
            }
            catch (Exception closed) when (closed is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return;
            }
            catch (SocketException)
            {
                // Of one datagram: the next one is as good as any.
                await Task.Yield();
            }
    }

    async Task ReceiveWild()
    {
        var buffer = GC.AllocateUninitializedArray<byte>(Largest, pinned: true);
        var any = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (!_isClosed)
            try
            {
                var received = await socket.ReceiveMessageFromAsync(buffer, SocketFlags.None, any);
                var local = received.PacketInformation.Address;
                if (local.IsIPv6LinkLocal) local = new IPAddress(local.GetAddressBytes(), received.PacketInformation.Interface);
                (port.For(local) ?? this).Take(buffer.AsSpan(0, received.ReceivedBytes), received.RemoteEndPoint.Serialize());
            }
            catch (Exception closed) when (closed is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return;
            }
            catch (SocketException)
            {
                await Task.Yield();
            }
    }

    /// <param name="client">The caller's, used for the next datagram too.</param>
    void Take(ReadOnlySpan<byte> datagram, SocketAddress client)
    {
        if (_isClosed) return;
        if (_flows.TryGetValue(client, out var flow) && flow.Forward(datagram)) return;
        lock (_gate)
        {
            // It was refused meanwhile, and has moved; or it is new.
            if (_flows.TryGetValue(client, out flow) && flow.Forward(datagram)) return;
            Open(Copy(client), flow?.Tried)?.Forward(datagram);
        }
    }

    /// <summary>A flow to an instance that was not tried; null where none may or can be. Within the gate.</summary>
    UdpFlow? Open(SocketAddress client, IReadOnlyList<InstanceState>? tried)
    {
        if (!services.Switchboard.Table.Streams.TryGetValue(port.Key, out var route)) return null;
        var remote = (IPEndPoint)new IPEndPoint(client.Family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0).Create(client);
        if (!route.LetsIn(remote.Address) || port.FlowCount >= MostFlows) return null;
        var limit = route.Limit;
        if (limit is not null && !limit.TryEnter()) return null;
        var flow = Choose(client, remote.Address, tried, limit);
        if (flow is null) limit?.Leave();
        else
        {
            // One that has just ended and not yet said so.
            if (_flows.TryGetValue(client, out var left)) Forget(left);
            _flows[client] = flow;
            port.FlowBegins();
            flow.Begin();
        }
        return flow;
    }

    UdpFlow? Choose(SocketAddress client, IPAddress address, IReadOnlyList<InstanceState>? tried, InFlightLimit? limit)
    {
        while (true)
        {
            var choice = StreamChoice.Enter(services.Switchboard, port.Key, address, tried);
            if (choice.Instance is not { } instance)
            {
                // All were tried: the next datagram begins anew.
                if (tried is not { Count: > 0 } || choice.Route is null) return null;
                tried = null;
                continue;
            }
            var upstream = new Socket(instance.Address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
            try
            {
                upstream.Connect(instance.Address);
                return new UdpFlow(this, port.Key, client, address, upstream, choice, tried, limit, services.Log);
            }
            catch (SocketException)
            {
                upstream.Dispose();
                instance.Disconnect();
                choice.Counters!.Refuse();
                tried = [.. tried ?? [], instance];
            }
        }
    }

    static SocketAddress Copy(SocketAddress address)
    {
        var copy = new SocketAddress(address.Family, address.Size);
        address.Buffer.Span[..address.Size].CopyTo(copy.Buffer.Span);
        return copy;
    }
}
