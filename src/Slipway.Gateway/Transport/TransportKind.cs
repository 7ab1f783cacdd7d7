namespace Slipway.Gateway.Transport;

/// <summary>What carries the bytes of clients and instances.</summary>
public enum TransportKind
{
    /// <summary>Loops of our own where they can run (Linux), else sockets.</summary>
    Auto,

    /// <summary>Kestrel's own transport and .NET's sockets.</summary>
    Sockets,

    /// <summary>Loops over epoll; refused where they can't run.</summary>
    Epoll,
}
