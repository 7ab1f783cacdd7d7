using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Slipway.Gateway.Logging;
using Slipway.Gateway.Measuring;
using Slipway.Gateway.Policies;
using Slipway.Gateway.Routing;

namespace Slipway.Gateway.Streams;

/// <summary>
/// One client's connection: an instance is found for it, over as many as it takes; then bytes go both ways until both sides have ended. Nothing was sent
/// before an instance has accepted, so that a connection may wait for one: while an app is replaced that can't run twice, its clients wait and don't fail.
/// </summary>
sealed class TcpConnection(Socket client, StreamKey key, StreamServices services)
{
    // What is cut at a stop or at the end of a drain has not said anything for so long.
    const int IdleAtStop = 1000;

    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    readonly long _started = Stopwatch.GetTimestamp();
    readonly TcpRelay _relay = new(client);
    CompiledStream? _route;
    InstanceState? _instance;
    StreamCounters? _counters;
    long _deadline;
    long _connected;

    public async Task Run()
    {
        var address = IPAddress.None;
        InFlightLimit? limit = null;
        var status = StreamStatus.ClientGone;
        try
        {
            var remote = (IPEndPoint)client.RemoteEndPoint!;
            address = Networks.Plain(remote.Address);
            Prepare(client);
            (status, limit) = Admit(address);
            if (status == StreamStatus.Done) status = await Connect(remote, address);
            if (status == StreamStatus.Done) status = await _relay.Run(_counters!);
            if (status == StreamStatus.Reset) _counters!.Reset();
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Before anything was asked of an instance.
        }
        finally
        {
            _relay.Close();
            _instance?.Disconnect();
            limit?.Leave();
        }
        services.Log?.Write(new StreamRecord
        {
            Key = key, Client = address, Status = status, Route = _route?.Source, Release = _counters?.Release, Instance = _instance?.Id,
            Received = _relay.Received, Sent = _relay.Sent,
            Connect = _connected == 0 ? null : Stopwatch.GetElapsedTime(_started, _connected), Lasted = Stopwatch.GetElapsedTime(_started),
        });
    }

    /// <param name="route">That of the table now; null: there is none any more.</param>
    public void Sweep(CompiledStream? route, long now)
    {
        if (_instance is not { } instance || _connected == 0) return;
        var stream = (route ?? _route)!.Stream;
        if (route is not null && route.Has(instance)) _deadline = 0;
        else if (_deadline == 0) _deadline = now + (long)stream.Drain.TotalMilliseconds;
        if (_deadline != 0 && now >= _deadline) _relay.Abort(StreamStatus.Drained);
        else if (stream.Idle is { } idle && now - _relay.LastActive > idle.TotalMilliseconds) _relay.Abort(StreamStatus.Idle);
    }

    /// <summary>The gateway stops.</summary>
    public void End(bool all)
    {
        if (all || _connected == 0 || Environment.TickCount64 - _relay.LastActive > IdleAtStop) _relay.Abort(StreamStatus.Stopped);
    }

    (StreamStatus, InFlightLimit?) Admit(IPAddress address)
    {
        if (!services.Switchboard.Table.Streams.TryGetValue(key, out _route)) return (StreamStatus.NoInstance, null);
        if (!_route.LetsIn(address)) return (StreamStatus.Forbidden, null);
        if (_route.Limit is not { } limit) return (StreamStatus.Done, null);
        return limit.TryEnter() ? (StreamStatus.Done, limit) : (StreamStatus.TooMany, null);
    }

    async Task<StreamStatus> Connect(IPEndPoint remote, IPAddress address)
    {
        var patience = Environment.TickCount64 + (long)services.Options.WaitForInstance.TotalMilliseconds;
        List<InstanceState>? tried = null;
        List<StreamCounters>? refused = null;
        var status = StreamStatus.NoInstance;
        while (true)
        {
            var choice = StreamChoice.Enter(services.Switchboard, key, address, tried);
            if (choice.Route is null || choice.Route.Source.Maintenance is not null) return Give(refused, StreamStatus.NoInstance);
            _route = choice.Route;
            if (choice.Instance is { } instance)
            {
                status = await TcpConnector.Connect(instance, _relay, _route.Stream.Connect ?? services.Options.ConnectTimeout, _route.Stream.Proxy, remote, (IPEndPoint)client.LocalEndPoint!);
                if (status == StreamStatus.Done)
                {
                    (_instance, _counters, _connected) = (instance, choice.Counters!, Stopwatch.GetTimestamp());
                    Give(refused, status);
                    _counters.Begin();
                    return status;
                }
                instance.Disconnect();
                if (_relay.IsAborted) return _relay.Why;
                (tried ??= []).Add(instance);
                if (!(refused ??= []).Contains(choice.Counters!)) refused.Add(choice.Counters!);
                continue;
            }
            // All have refused, or there is none: while it is replaced another one comes. A client that left is not waited with.
            if (Environment.TickCount64 >= patience) return Give(refused, status);
            tried?.Clear();
            await Task.Delay(Pause);
            if (_relay.IsAborted || HasLeft()) return Give(refused, StreamStatus.ClientGone);
        }
    }

    /// <summary>A release whose instances refused it has failed, also where the other release then took it: else one that takes nothing would look like one that nobody asks.</summary>
    StreamStatus Give(List<StreamCounters>? refused, StreamStatus status)
    {
        foreach (var counters in refused ?? [])
            if (counters != _counters) counters.Refuse();
        return status;
    }

    bool HasLeft()
    {
        try
        {
            return client.Poll(0, SelectMode.SelectRead) && client.Available == 0;
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>No delay; and an end that is gone without a word is noticed within two minutes.</summary>
    internal static void Prepare(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 60);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 6);
    }
}
