using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Slipway.Gateway.Listening;

namespace Slipway.Gateway.Streams;

/// <summary>The ports of routes of connections: they come and go with the tables. One that can't be opened is reported, and tried again now and then.</summary>
sealed partial class StreamListeners(StreamServices services, ILogger<StreamListeners> log) : IDisposable
{
    const int LooksAtTheEnd = 10;

    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    readonly SemaphoreSlim _gate = new(1, 1);
    readonly Dictionary<StreamKey, IStreamPort> _open = [];
    readonly List<IStreamPort> _leaving = [];
    volatile Dictionary<string, string> _failed = [];
    volatile IReadOnlyList<string> _listening = [];
    IReadOnlyCollection<StreamKey> _wanted = [];
    bool _isClosed;

    public IReadOnlyList<string> Listening => _listening;

    /// <summary>Those of the table that could not be opened, with the reason.</summary>
    public IReadOnlyDictionary<string, string> Failed => _failed;

    /// <summary>Closes what is no longer wanted: before other listeners are opened, which may want the same ports.</summary>
    public Task Leave(IReadOnlyCollection<StreamKey> wanted) => Do(() =>
    {
        foreach (var key in _open.Keys.Except(wanted).ToList()) Close(key);
        Publish();
    });

    public Task Want(IReadOnlyCollection<StreamKey> wanted) => Do(() =>
    {
        _wanted = wanted;
        Apply();
    });

    /// <summary>Once a second.</summary>
    public Task Sweep() => Do(() =>
    {
        var now = Environment.TickCount64;
        foreach (var port in _open.Values.Concat(_leaving)) port.Sweep(now);
        _leaving.RemoveAll(port => port.IsEmpty);
        if (_failed.Count > 0) Apply();
    });

    /// <summary>Accepts nothing new. Returns when what is open has ended: idle connections at once, others when they fall idle or the limit is reached.</summary>
    public async Task Stop(CancellationToken limit)
    {
        await Close();
        // What is ended by force has a moment to say so in the access log.
        for (var left = LooksAtTheEnd; left > 0 && !await Ended(limit.IsCancellationRequested); left -= limit.IsCancellationRequested ? 1 : 0) await Task.Delay(Look, CancellationToken.None);
    }

    Task Close() => Do(() =>
    {
        (_isClosed, _wanted) = (true, []);
        foreach (var key in _open.Keys.ToList()) Close(key);
        Publish();
    });

    public void Dispose()
    {
        foreach (var port in _open.Values.Concat(_leaving))
        {
            port.Close();
            port.End(all: true);
        }
        _gate.Dispose();
    }

    async Task<bool> Ended(bool all)
    {
        var isOver = false;
        await Do(() =>
        {
            foreach (var port in _leaving) port.End(all);
            isOver = _leaving.All(port => port.IsEmpty);
        });
        return isOver;
    }

    async Task Do(Action action)
    {
        await _gate.WaitAsync();
        try
        {
            action();
        }
        finally
        {
            _gate.Release();
        }
    }

    void Apply()
    {
        if (_isClosed) return;
        foreach (var key in _open.Keys.Except(_wanted).ToList()) Close(key);
        var failed = new Dictionary<string, string>();
        foreach (var key in _wanted.Where(key => !_open.ContainsKey(key)))
        {
            try
            {
                _open[key] = key.Protocol == Model.StreamProtocol.Tcp ? TcpPort.Open(key, services) : UdpPort.Open(key, services);
                LogOpened(key);
            }
            catch (SocketException refused)
            {
                failed[key.ToString()] = PortOwner.Explain(key.Address, refused, key.Protocol);
                if (!_failed.ContainsKey(key.ToString())) LogRefused(key, failed[key.ToString()]);
            }
        }
        _failed = failed;
        Publish();
    }

    void Close(StreamKey key)
    {
        _open.Remove(key, out var port);
        port!.Close();
        _leaving.Add(port);
        LogClosed(key);
    }

    void Publish() => _listening = [.. _open.Keys.Select(key => key.ToString())];

    [LoggerMessage(Level = LogLevel.Information, Message = "Listening on {Port} for a route")]
    partial void LogOpened(StreamKey port);

    [LoggerMessage(Level = LogLevel.Information, Message = "No longer listening on {Port}")]
    partial void LogClosed(StreamKey port);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The port {Port} of a route stays closed: {Reason}")]
    partial void LogRefused(StreamKey port, string reason);
}
