using System.Net;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Slipway.Gateway.Transport;

/// <summary>Kestrel's transport over loops of our own: one for each processor. Linux only. What was decided and why: docs/design/gateway-transport.md.</summary>
sealed class EpollTransportFactory : IConnectionListenerFactory, IDisposable
{
    const int MostLoops = 32;

    readonly EpollLoop[] _loops;
    readonly ILogger _log;
    int _turn;

    /// <exception cref="IOException">The system gives no epoll.</exception>
    public EpollTransportFactory(ILoggerFactory logs, int? loops = null)
    {
        _log = logs.CreateLogger<EpollTransportFactory>();
        _loops = new EpollLoop[loops ?? Math.Clamp(Environment.ProcessorCount, 1, MostLoops)];
        for (var i = 0; i < _loops.Length; i++)
        {
            try
            {
                _loops[i] = new EpollLoop(i, _log);
            }
            catch
            {
                foreach (var made in _loops[..i]) made.Dispose();
                throw;
            }
        }
    }

    public static bool IsSupported => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        try
        {
            // Accepted sockets have it from the one that listens, as Linux does it.
            socket.NoDelay = true;
            socket.Blocking = false;
            socket.Listen(Transports.Backlog);
            var loop = _loops[(uint)Interlocked.Increment(ref _turn) % _loops.Length];
            var listener = new EpollListener(socket, loop, _loops, _log);
            if (loop.Add(listener, Native.In) is var error and not 0) throw Native.Failure(error);
            return new(listener);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var loop in _loops) loop.Dispose();
    }
}
