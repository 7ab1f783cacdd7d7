using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Slipway.Gateway.Listening;

/// <summary>Kestrel's transport: hands it what <see cref="Listeners"/> has accepted.</summary>
sealed class ProtocolListenerFactory(Listeners listeners) : IConnectionListenerFactory
{
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var channel = ReferenceEquals(endpoint, ProtocolEndPoint.Http2) ? listeners.Http2 : ReferenceEquals(endpoint, ProtocolEndPoint.Https) ? listeners.Https : listeners.Http1;
        return new(new ProtocolListener(endpoint, channel.Reader, listeners));
    }

    sealed class ProtocolListener(EndPoint endPoint, ChannelReader<ConnectionContext> accepted, Listeners listeners) : IConnectionListener
    {
        public EndPoint EndPoint => endPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await accepted.WaitToReadAsync(cancellationToken))
                if (accepted.TryRead(out var connection)) return connection;
            return null;
        }

        /// <summary>Kestrel stops: both protocols share the addresses, so the first call closes them all.</summary>
        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default) => await listeners.Close();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
