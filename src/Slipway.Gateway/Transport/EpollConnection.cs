using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Slipway.Gateway.Transport;

/// <summary>A client's connection as Kestrel knows it.</summary>
sealed class EpollConnection : ConnectionContext, IDuplexPipe, ILoopFeature,
    IConnectionIdFeature, IConnectionTransportFeature, IConnectionItemsFeature, IConnectionLifetimeFeature, IConnectionEndPointFeature
{
    static long _connections;

    readonly ClientSocket _socket;
    IDictionary<object, object?>? _items;
    string? _id;

    public EpollConnection(ClientSocket socket, EndPoint local, EndPoint? remote)
    {
        _socket = socket;
        (LocalEndPoint, RemoteEndPoint, ConnectionClosed, Transport) = (local, remote, socket.Ended, this);
        Features = new FeatureCollection(8);
        Features.Set<IConnectionIdFeature>(this);
        Features.Set<IConnectionTransportFeature>(this);
        Features.Set<IConnectionItemsFeature>(this);
        Features.Set<IConnectionLifetimeFeature>(this);
        Features.Set<IConnectionEndPointFeature>(this);
        Features.Set<ILoopFeature>(this);
    }

    public PipeReader Input => _socket.Input;

    public PipeWriter Output => _socket.Output;

    public EpollLoop Loop => _socket.Loop;

    public override IDuplexPipe Transport { get; set; }

    public override IFeatureCollection Features { get; }

    public override string ConnectionId
    {
        get => _id ??= Interlocked.Increment(ref _connections).ToString("x16", CultureInfo.InvariantCulture);
        set => _id = value;
    }

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override CancellationToken ConnectionClosed { get; set; }

    public override EndPoint? LocalEndPoint { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    public override void Abort(ConnectionAbortedException abortReason) => _socket.Abort(abortReason);

    public override async ValueTask DisposeAsync()
    {
        _socket.Input.Complete();
        _socket.Output.Complete();
        await _socket.Finish();
        await base.DisposeAsync();
    }
}

/// <summary>On a connection that is served by a loop: which one. Absent on those of other transports.</summary>
interface ILoopFeature
{
    EpollLoop Loop { get; }
}
