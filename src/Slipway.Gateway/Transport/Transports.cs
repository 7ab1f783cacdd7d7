using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Slipway.Gateway.Transport;

static partial class Transports
{
    public const int Backlog = 4096;

    /// <exception cref="IOException">Epoll is asked for by name and can't be had.</exception>
    public static IConnectionListenerFactory Create(TransportKind kind, ILoggerFactory logs)
    {
        if (kind == TransportKind.Epoll && !EpollTransportFactory.IsSupported) throw new IOException("The transport 'epoll' runs on Linux alone, on x86-64 or arm64. 'sockets' runs everywhere.");
        if (kind == TransportKind.Sockets || !EpollTransportFactory.IsSupported) return Sockets(logs);
        try
        {
            return new EpollTransportFactory(logs);
        }
        catch (IOException refused) when (kind == TransportKind.Auto)
        {
            LogFallback(logs.CreateLogger<EpollTransportFactory>(), refused.Message);
            return Sockets(logs);
        }
    }

    static SocketTransportFactory Sockets(ILoggerFactory logs) => new(
        Options.Create(new SocketTransportOptions { UnsafePreferInlineScheduling = GatewayProcess.CompletesInline, Backlog = Backlog }), logs);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The gateway goes on with the system's sockets, which are slower: {Reason}")]
    static partial void LogFallback(ILogger log, string reason);
}
