using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Slipway.Engines.Tests.Docker;

/// <summary>A server on a loopback port that answers each request with the bytes it is told, and then closes: for what a sound engine does not do on demand.</summary>
sealed class ScriptedEngine : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly Func<string, string> _answer;
    Task _serving = Task.CompletedTask;

    ScriptedEngine(Func<string, string> answer) => _answer = answer;

    public string Address => $"tcp://{_listener.LocalEndpoint}";

    /// <summary>The first lines of the requests that came, /_ping not among them.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>Their bodies, "" where there is none.</summary>
    public List<string> Bodies { get; } = [];

    /// <param name="answer">From the request's first line to the whole answer, head and body.</param>
    public static Task<ScriptedEngine> Start(Func<string, string> answer)
    {
        var engine = new ScriptedEngine(answer);
        engine._listener.Start();
        engine._serving = engine.Serve();
        return Task.FromResult(engine);
    }

    public static string Json(int status, string body) =>
        $"HTTP/1.1 {status} Scripted\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
    }

    async Task Serve()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var connection = await _listener.AcceptTcpClientAsync(_stop.Token);
                await Serve(connection.GetStream());
            }
            catch (Exception ended) when (ended is OperationCanceledException or IOException or SocketException)
            {
                // The client went away, or the test is over.
            }
        }
    }

    async Task Serve(NetworkStream stream)
    {
        var request = new StringBuilder();
        var buffer = new byte[4096];
        while (!IsWhole(request.ToString()))
        {
            var read = await stream.ReadAsync(buffer, _stop.Token);
            if (read == 0) return;
            request.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
        var first = request.ToString().Split("\r\n")[0];
        if (!first.Contains("/_ping", StringComparison.Ordinal))
        {
            Requests.Add(first);
            Bodies.Add(request.ToString().Split("\r\n\r\n", 2)[1]);
        }
        var answer = first.Contains("/_ping", StringComparison.Ordinal)
            ? "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            : _answer(first);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(answer), _stop.Token);
    }

    static bool IsWhole(string request) => request.Contains("\r\n\r\n", StringComparison.Ordinal)
        && (!request.Contains("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase) || request.EndsWith("0\r\n\r\n", StringComparison.Ordinal));
}
