using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Slipway.Gateway.Certificates;

namespace Slipway.Gateway.Listening;

/// <summary>
/// The addresses that are listened on: the gateway's own, and those of routes, which come and go with the tables. Each accepts for itself; a
/// connection goes to the channel of its protocol, where Kestrel takes it. Closing an address ends no connection that came by it.
/// </summary>
sealed partial class Listeners(IConnectionListenerFactory transport, CertificateBook certificates, ILogger<Listeners> log) : IDisposable
{
    readonly SemaphoreSlim _gate = new(1, 1);
    readonly ProtocolSniffer _sniffer = new();
    readonly List<IConnectionListener> _own = [];
    readonly Dictionary<IPEndPoint, IConnectionListener> _routed = [];
    volatile Dictionary<string, string> _failed = [];
    volatile IReadOnlyList<string> _listening = [];
    volatile IReadOnlyDictionary<IPEndPoint, PortTls?> _wanted = FrozenDictionary<IPEndPoint, PortTls?>.Empty;

    public Channel<ConnectionContext> Http1 { get; } = NewChannel();

    public Channel<ConnectionContext> Http2 { get; } = NewChannel();

    public Channel<ConnectionContext> Https { get; } = NewChannel();

    /// <summary>Port of the first address for TLS; null where there is none.</summary>
    public int? HttpsPort { get; private set; }

    public IReadOnlyList<string> Listening => _listening;

    /// <summary>Ports of the table that could not be opened, by address, with the reason.</summary>
    public IReadOnlyDictionary<string, string> Failed => _failed;

    /// <exception cref="IOException">The address can't be had.</exception>
    public async Task OpenOwn(IPEndPoint address, CancellationToken cancel) => _ = Accept(await AddOwn(address, cancel), null);

    /// <summary>For TLS.</summary>
    /// <exception cref="IOException">The address can't be had.</exception>
    public async Task OpenHttps(IPEndPoint address, CancellationToken cancel)
    {
        var listener = await AddOwn(address, cancel);
        HttpsPort ??= ((IPEndPoint)listener.EndPoint).Port;
        _ = AcceptHttps(listener);
    }

    /// <summary>Opens and closes until just the wanted ports of routes are open, and tries again those that failed before.</summary>
    /// <param name="ports">With what TLS is spoken with on them; null: none is.</param>
    /// <param name="cancel">Before anything was changed.</param>
    public async Task Want(IReadOnlyDictionary<IPEndPoint, PortTls?> ports, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            _wanted = ports;
            await Apply(cancel);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Now and then: a port that was taken may be free by now.</summary>
    public async Task Sweep(CancellationToken cancel)
    {
        _sniffer.Sweep(Environment.TickCount64);
        if (_failed.Count == 0) return;
        await Want(_wanted, cancel);
    }

    public async Task Close()
    {
        await _gate.WaitAsync();
        try
        {
            foreach (var listener in _own.Concat(_routed.Values)) await listener.DisposeAsync();
            _own.Clear();
            _routed.Clear();
            _wanted = FrozenDictionary<IPEndPoint, PortTls?>.Empty;
            _failed = [];
            _sniffer.Close();
            Http1.Writer.TryComplete();
            Http2.Writer.TryComplete();
            Https.Writer.TryComplete();
            Publish();
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    async Task Apply(CancellationToken cancel)
    {
        foreach (var port in _routed.Keys.Except(_wanted.Keys).ToList())
        {
            await _routed[port].DisposeAsync();
            _routed.Remove(port);
            LogClosed(port);
        }
        var failed = new Dictionary<string, string>();
        foreach (var port in _wanted.Keys.Where(p => !_routed.ContainsKey(p)))
        {
            try
            {
                var listener = await Bind(port, cancel);
                _routed[port] = listener;
                LogOpened(port);
                _ = Accept(listener, port);
            }
            catch (IOException refused)
            {
                failed[port.ToString()] = refused.Message;
                if (!_failed.ContainsKey(port.ToString())) LogRefused(port, refused.Message);
            }
        }
        _failed = failed;
        Publish();
    }

    async Task<IConnectionListener> AddOwn(IPEndPoint address, CancellationToken cancel)
    {
        var listener = await Bind(address, cancel);
        _own.Add(listener);
        Publish();
        return listener;
    }

    async Task<IConnectionListener> Bind(IPEndPoint address, CancellationToken cancel)
    {
        try
        {
            if (address.Address.Equals(IPAddress.IPv6Any) && !Socket.OSSupportsIPv6) address = new IPEndPoint(IPAddress.Any, address.Port);
            return await transport.BindAsync(address, cancel);
        }
        catch (Exception refused) when (refused is SocketException or AddressInUseException)
        {
            throw new IOException(PortOwner.Explain(address, refused), refused);
        }
    }

    /// <param name="port">Of a route; null: an address of the gateway's own.</param>
    async Task Accept(IConnectionListener listener, IPEndPoint? port)
    {
        try
        {
            while (await listener.AcceptAsync() is { } connection)
            {
                // A port may come to speak TLS, or cease to, with any table.
                var tls = port is null ? null : _wanted.GetValueOrDefault(port);
                if (port is not null) connection.Features.Set(new ArrivalFeature(port, tls));
                _ = Dispatch(connection, tls is not null);
            }
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            LogBroken(listener.EndPoint, broken);
        }
    }

    /// <summary>
    /// Nothing to look at first: the handshake says what is spoken, and has a time limit of its own. But while a certificate authority is expected to look
    /// at a host, for .NET does not say what protocols a client speaks before it wants a certificate.
    /// </summary>
    async Task AcceptHttps(IConnectionListener listener)
    {
        try
        {
            while (await listener.AcceptAsync() is { } connection)
                if (certificates.ExpectsChallenges) _ = DispatchHttps(connection);
                else if (!Https.Writer.TryWrite(connection)) await connection.DisposeAsync();
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            LogBroken(listener.EndPoint, broken);
        }
    }

    async Task Dispatch(ConnectionContext connection, bool tls)
    {
        var sniffed = tls ? _sniffer.SniffEither(connection, certificates.ExpectsChallenges ? certificates.Note : null) : _sniffer.Sniff(connection);
        if (await sniffed is not { } protocol) return;
        var channel = ReferenceEquals(protocol, ProtocolEndPoint.Http2) ? Http2 : ReferenceEquals(protocol, ProtocolEndPoint.Https) ? Https : Http1;
        if (!channel.Writer.TryWrite(connection)) await connection.DisposeAsync();
    }

    async Task DispatchHttps(ConnectionContext connection)
    {
        if (await _sniffer.SniffHello(connection, certificates.Note) && !Https.Writer.TryWrite(connection)) await connection.DisposeAsync();
    }

    void Publish() => _listening = [.. _own.Concat(_routed.Values).Select(l => l.EndPoint.ToString()!)];

    static Channel<ConnectionContext> NewChannel() =>
        Channel.CreateUnbounded<ConnectionContext>(new UnboundedChannelOptions { SingleReader = true });

    [LoggerMessage(Level = LogLevel.Information, Message = "Listening on {Address} for a route")]
    partial void LogOpened(IPEndPoint address);

    [LoggerMessage(Level = LogLevel.Information, Message = "No longer listening on {Address}")]
    partial void LogClosed(IPEndPoint address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The port {Address} of a route stays closed: {Reason}")]
    partial void LogRefused(IPEndPoint address, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Address} accepts no more connections")]
    partial void LogBroken(EndPoint address, Exception exception);
}
