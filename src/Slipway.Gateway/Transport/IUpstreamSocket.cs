using System.Net;

namespace Slipway.Gateway.Transport;

/// <summary>
/// A connection to an instance. One operation at a time in each direction; closing it from any thread fails what is pending. Failures are SocketException, or
/// ObjectDisposedException where it was closed on this side.
/// </summary>
interface IUpstreamSocket : IDisposable
{
    /// <summary>Whether an idle connection has ended, or has something to say that nobody asked for.</summary>
    /// <param name="idle">Since its last answer.</param>
    bool IsDead(TimeSpan idle);

    ValueTask ConnectAsync(IPEndPoint address);

    /// <summary>How many bytes went; may be fewer than there are.</summary>
    ValueTask<int> SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancel = default);

    /// <summary>0: the instance closed its side.</summary>
    ValueTask<int> ReceiveAsync(Memory<byte> into, CancellationToken cancel = default);

    /// <summary>Tells the instance that nothing more comes.</summary>
    void ShutdownSend();

    /// <summary>The same connection; closing the stream leaves it open.</summary>
    Stream AsStream();
}
