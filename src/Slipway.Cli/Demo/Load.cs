using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Slipway.Cli.Demo;

/// <summary>
/// The visitors of the guestbook: 32 keep-alive connections through the gateway, each of which asks, waits a moment and asks again, about 300
/// requests a second in all. One request in 20 adds an entry; what was acknowledged is remembered, to be looked for at the end.
/// </summary>
sealed class Load : IAsyncDisposable
{
    public const int Connections = 32;
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    readonly CancellationTokenSource _stop = new();
    readonly HttpClient _http;
    readonly Uri _site;
    readonly List<Phase> _phases = [];
    readonly ConcurrentDictionary<string, bool> _acknowledged = new();
    readonly ConcurrentDictionary<string, long> _lastBegun = new();
    Task[] _visitors = [];
    volatile Phase _phase;

    /// <param name="site">The app's address, as people would type it.</param>
    public Load(Uri site)
    {
        _site = site;
        _http = LoopbackHttp(Connections);
        _phase = new Phase("", Stopwatch.GetTimestamp());
    }

    public IReadOnlyList<Phase> Phases => _phases;

    /// <summary>Texts of the entries that the app answered with 201.</summary>
    public ICollection<string> Acknowledged => _acknowledged.Keys;

    /// <summary>A client for names below .localhost, which are this machine whatever its resolver thinks of them (RFC 6761, section 6.3).</summary>
    public static HttpClient LoopbackHttp(int connections) => new(new SocketsHttpHandler
    {
        MaxConnectionsPerServer = connections,
        UseProxy = false,
        AllowAutoRedirect = false,
        ConnectCallback = async (context, cancel) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            var host = context.DnsEndPoint.Host;
            await socket.ConnectAsync(host.EndsWith(".localhost", StringComparison.Ordinal) ? "127.0.0.1" : host, context.DnsEndPoint.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        Timeout = TimeSpan.FromSeconds(30),
    };

    public void Start(string phase)
    {
        Begin(phase);
        _visitors = [.. Enumerable.Range(0, Connections).Select(Visit)];
    }

    /// <summary>Ends the phase that was and begins the next.</summary>
    public Phase Begin(string name)
    {
        var now = Stopwatch.GetTimestamp();
        _phase.End(now);
        var phase = new Phase(name, now);
        _phases.Add(phase);
        return _phase = phase;
    }

    /// <summary>Returns once the phase has at least so many requests.</summary>
    public async Task Until(int requests, CancellationToken cancel)
    {
        var phase = _phase;
        while (phase.Requests < requests) await Task.Delay(20, cancel);
    }

    /// <summary>How long after <paramref name="since"/> the last request began that a version answered; null where none did.</summary>
    public TimeSpan? LastAnswerOf(string version, long since) =>
        _lastBegun.TryGetValue(version, out var begun) && begun > since ? Stopwatch.GetElapsedTime(since, begun) : null;

    public async Task Stop()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_visitors);
        _phase.End(Stopwatch.GetTimestamp());
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        _http.Dispose();
        _stop.Dispose();
    }

    async Task Visit(int visitor)
    {
        // Apart from each other, as people are; not all at the same moment.
        await Task.Delay(Pause * (visitor / (double)Connections));
        for (var visit = 0; !_stop.IsCancellationRequested; visit++)
        {
            // A request that was begun is ended: an interrupted one would be no failure of the gateway's, but would look like one.
            await Ask(visitor, visit);
            await Task.Delay(Pause);
        }
    }

    async Task Ask(int visitor, int visit)
    {
        var (phase, begun) = (_phase, Stopwatch.GetTimestamp());
        try
        {
            var text = visit % 20 == visitor % 20 ? $"visitor {visitor}, visit {visit}" : null;
            using var request = text is null
                ? new HttpRequestMessage(HttpMethod.Get, new Uri(_site, visit % 2 == 0 ? "/" : "/api/entries"))
                : new HttpRequestMessage(HttpMethod.Post, new Uri(_site, "/api/entries"))
                {
                    Content = JsonContent.Create(new JsonObject { ["name"] = $"visitor {visitor}", ["text"] = text }),
                };
            using var answer = await _http.SendAsync(request);
            await answer.Content.ReadAsByteArrayAsync();
            var milliseconds = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
            if (!answer.IsSuccessStatusCode || !answer.Headers.TryGetValues("X-Guestbook-Version", out var versions))
            {
                phase.Broke($"{request.Method} {request.RequestUri}: {(int)answer.StatusCode}", milliseconds);
                return;
            }
            var version = versions.First();
            phase.Answered(version, milliseconds);
            _lastBegun.AddOrUpdate(version, begun, (_, last) => Math.Max(last, begun));
            if (text is not null) _acknowledged[text] = true;
        }
        catch (Exception broken) when (broken is HttpRequestException or TaskCanceledException or IOException)
        {
            phase.Broke($"{broken.GetType().Name}: {broken.Message}", Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }
    }
}
