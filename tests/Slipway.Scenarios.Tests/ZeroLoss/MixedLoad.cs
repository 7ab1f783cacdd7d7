using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;

namespace Slipway.Scenarios.Tests.ZeroLoss;

/// <summary>
/// Everything that people do to an app at once: short GETs on keep-alive connections, POSTs pipelined with their bodies, clients that send and read
/// slowly, downloads and uploads that take a second, server-sent events, WebSockets. None repeats a request: what is not answered whole has failed, and is known by
/// its X-Request-Id. Streams take less time than the app's drain.
/// </summary>
public sealed class MixedLoad : IAsyncDisposable
{
    const int Pipelined = 4;

    readonly CancellationTokenSource _stop = new();
    readonly SlipwayProcess _slipway;
    readonly string _host;
    readonly List<Task> _people = [];
    readonly ConcurrentDictionary<string, int> _done = new();
    readonly ConcurrentDictionary<string, int> _versions = new();
    readonly ConcurrentQueue<FailedRequest> _failures = new();
    int _ids;
    int _goodbyes;

    public MixedLoad(SlipwayProcess slipway, TestApp app)
    {
        (_slipway, _host) = (slipway, app.Host);
        for (var i = 0; i < 3; i++) Begin("GET", Keep((peer, id, _) => Get(peer, id, "/")));
        for (var i = 0; i < 2; i++) Begin("pipelined POST", Keep(Post, Pipelined));
        Begin("slow sender", Keep(SendSlowly));
        Begin("slow reader", Keep((peer, id, _) => Get(peer, id, "/download?bytes=400000", 400_000, TimeSpan.FromMilliseconds(20))));
        Begin("download", Keep((peer, id, _) => Get(peer, id, "/download?bytes=200000&over=1", 200_000)));
        Begin("upload", Keep(Upload));
        Begin("server-sent events", Keep(Listen));
        Begin("WebSocket", kind => Talk(kind, messages: 10));
        Begin("long WebSocket", kind => Talk(kind, messages: int.MaxValue));
    }

    public int Requests => _done.Values.Sum();

    /// <summary>WebSockets that were closed in good order because their instance goes away.</summary>
    public int Goodbyes => Volatile.Read(ref _goodbyes);

    public IReadOnlyCollection<FailedRequest> Failures => _failures;

    public IReadOnlyDictionary<string, int> Versions => _versions;

    public void ForgetVersions() => _versions.Clear();

    /// <summary>Waits until of everything two more have come to their end: one of them was begun after this was called.</summary>
    public Task Round()
    {
        var goal = _done.ToDictionary(d => d.Key, d => d.Value + 2 + (d.Key.StartsWith("pipelined", StringComparison.Ordinal) ? Pipelined : 0));
        return SlipwayProcess.Until(() => Task.FromResult(goal.All(g => _done[g.Key] >= g.Value)), $"one more of everything ({_failures.Count} failed: {_failures.FirstOrDefault()})");
    }

    /// <summary>Everybody comes to the end of what he does.</summary>
    public async Task Leave()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_people);
    }

    public void NobodyFailed() => _failures.ShouldBeEmpty($"of {Requests} requests\n{_slipway.Logs()}");

    public async ValueTask DisposeAsync()
    {
        await Leave();
        _stop.Dispose();
    }

    void Begin(string kind, Func<string, Task> person)
    {
        _done.TryAdd(kind, 0);
        _people.Add(Task.Run(() => person(kind)));
    }

    /// <param name="act">What is done with the connection; the last argument says for each request that it was answered.</param>
    /// <param name="requests">So many are sent together.</param>
    Func<string, Task> Keep(Func<HttpPeer, int, Action, Task> act, int requests = 1) => async kind =>
    {
        HttpPeer? peer = null;
        while (!_stop.IsCancellationRequested)
        {
            var (first, answered, begun) = (Interlocked.Add(ref _ids, requests) - requests, 0, DateTimeOffset.UtcNow);
            try
            {
                peer ??= await HttpPeer.Connect(_slipway.Gateway, Limit());
                await act(peer, first, () => answered++);
            }
            catch (Exception broken) when (IsFailure(broken))
            {
                // Those behind it in the pipeline were never looked at: RFC 9112, section 9.3.2.
                _failures.Enqueue(new FailedRequest(kind, Id(first + answered), begun, $"{broken.GetType().Name}: {broken.Message}"));
                peer?.Dispose();
                peer = null;
            }
            _done.AddOrUpdate(kind, requests, (_, n) => n + requests);
            if (peer is { IsOver: true })
            {
                peer.Dispose();
                peer = null;
            }
            await Task.Delay(20);
        }
        peer?.Dispose();
    };

    async Task Get(HttpPeer peer, int id, string target, int bytes = 0, TimeSpan pause = default)
    {
        await peer.Send($"GET {target} HTTP/1.1\r\n{Head(id)}\r\n", Limit());
        var answer = Good(await peer.Receive(Limit(), pause, pause > TimeSpan.Zero ? 16 * 1024 : 64 * 1024));
        if (bytes == 0 ? answer.Body != answer.Version : answer.Body.Length != bytes) throw new WrongAnswerException($"{answer.Body.Length} bytes of v{answer.Version}");
    }

    /// <summary>All of them at once, with their bodies; the answers come in the same order.</summary>
    async Task Post(HttpPeer peer, int id, Action answered)
    {
        var bodies = Enumerable.Range(id, Pipelined).Select(n => new string((char)('a' + (n % 26)), 1 + (n * 997 % 20_000))).ToList();
        await peer.Send(string.Concat(bodies.Select((body, i) => $"POST / HTTP/1.1\r\n{Head(id + i)}Content-Length: {body.Length}\r\n\r\n{body}")), Limit());
        foreach (var body in bodies)
        {
            var answer = Good(await peer.Receive(Limit()));
            if (answer.Body != body) throw new WrongAnswerException($"a body of {body.Length} came back with {answer.Body.Length}");
            answered();
        }
    }

    async Task SendSlowly(HttpPeer peer, int id, Action answered)
    {
        foreach (var part in $"POST / HTTP/1.1\r\n{Head(id)}Content-Length: 12\r\n\r\nhello, world".Chunk(20))
        {
            await peer.Send(new string(part), Limit());
            await Task.Delay(40);
        }
        if (Good(await peer.Receive(Limit())).Body != "hello, world") throw new WrongAnswerException("the body came back changed");
    }

    async Task Upload(HttpPeer peer, int id, Action answered)
    {
        await peer.Send($"POST /upload HTTP/1.1\r\n{Head(id)}Transfer-Encoding: chunked\r\n\r\n", Limit());
        for (var part = 0; part < 10; part++)
        {
            await peer.Send($"2710\r\n{new string('u', 10_000)}\r\n", Limit());
            await Task.Delay(80);
        }
        await peer.Send("0\r\n\r\n", Limit());
        if (Good(await peer.Receive(Limit())).Body is not "100000" and var counted) throw new WrongAnswerException($"{counted} bytes of 100000 arrived");
    }

    async Task Listen(HttpPeer peer, int id, Action answered)
    {
        await peer.Send($"GET /events?count=10&every=0.1 HTTP/1.1\r\n{Head(id)}Accept: text/event-stream\r\n\r\n", Limit());
        var events = Good(await peer.Receive(Limit())).Body;
        if (events != string.Concat(Enumerable.Range(0, 10).Select(n => $"data: {n}\n\n"))) throw new WrongAnswerException($"not all events came: {events}");
    }

    /// <summary>Each message comes back, or the gateway says goodbye for an instance that goes away: then it is said again by another socket. Nothing else ends one.</summary>
    async Task Talk(string kind, int messages)
    {
        while (!_stop.IsCancellationRequested)
        {
            var (id, begun) = (Interlocked.Increment(ref _ids) - 1, DateTimeOffset.UtcNow);
            try
            {
                using var socket = await Open(Id(id));
                for (var n = 0; n < messages && !_stop.IsCancellationRequested && await Echo(socket, $"message {n}"); n++)
                {
                    if (messages == int.MaxValue) _done.AddOrUpdate(kind, 1, (_, done) => done + 1);
                    await Task.Delay(100);
                }
                if (socket.State == WebSocketState.Open) await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Limit());
                else await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Limit());
            }
            catch (Exception broken) when (IsFailure(broken))
            {
                _failures.Enqueue(new FailedRequest(kind, Id(id), begun, $"{broken.GetType().Name}: {broken.Message}"));
            }
            _done.AddOrUpdate(kind, 1, (_, done) => done + 1);
        }
    }

    async Task<ClientWebSocket> Open(string id)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Host", _host);
        socket.Options.SetRequestHeader("X-Request-Id", id);
        await socket.ConnectAsync(new Uri($"ws://{_slipway.Gateway}/socket"), Limit());
        return socket;
    }

    /// <returns>False: it was told to come again.</returns>
    async Task<bool> Echo(ClientWebSocket socket, string text)
    {
        await socket.SendAsync(Encoding.ASCII.GetBytes(text), WebSocketMessageType.Text, true, Limit());
        var buffer = new byte[100];
        var received = await socket.ReceiveAsync(buffer, Limit());
        if (received is { MessageType: WebSocketMessageType.Close, CloseStatus: WebSocketCloseStatus.EndpointUnavailable })
        {
            Interlocked.Increment(ref _goodbyes);
            return false;
        }
        if (Encoding.ASCII.GetString(buffer, 0, received.Count) is var back && back != text) throw new WrongAnswerException($"'{text}' came back as '{back}' {received.CloseStatus}");
        return true;
    }

    HttpAnswer Good(HttpAnswer answer)
    {
        if (answer.Status != 200) throw new WrongAnswerException($"{answer.Status} {answer.Body.ReplaceLineEndings(" ")[..Math.Min(200, answer.Body.Length)]}");
        _versions.AddOrUpdate(answer.Version ?? "none", 1, (_, n) => n + 1);
        return answer;
    }

    string Head(int number) => $"Host: {_host}\r\nX-Request-Id: {Id(number)}\r\n";

    static string Id(int number) => string.Create(CultureInfo.InvariantCulture, $"mixed-{number}");

    static CancellationToken Limit() => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    static bool IsFailure(Exception broken) => broken is IOException or SocketException or WebSocketException or OperationCanceledException or WrongAnswerException or FormatException or IndexOutOfRangeException;

    sealed class WrongAnswerException(string what) : Exception(what);
}
