using System.Net.Sockets;
using System.Text;

namespace Slipway.Server.Tests.Builds;

/// <summary>A Docker Engine on a unix socket that goes away in the middle of a build: it sends what it is told of its answer, and closes.</summary>
sealed class LeavingEngine : IAsyncDisposable
{
    readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    readonly CancellationTokenSource _stop = new();
    readonly string _answerToBuild;
    readonly Task _serving;
    readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LeavingEngine(string path, string answerToBuild)
    {
        _answerToBuild = answerToBuild;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        _serving = Serve();
    }

    /// <summary>Ends when the build was cancelled on the engine.</summary>
    public Task Cancelled => _cancelled.Task;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stop.Dispose();
    }

    async Task Serve()
    {
        try
        {
            while (true) _ = Answer(await _listener.AcceptAsync(_stop.Token));
        }
        catch (Exception over) when (over is OperationCanceledException or SocketException)
        {
            // The test is over.
        }
    }

    async Task Answer(Socket connection)
    {
        await using var stream = new NetworkStream(connection, ownsSocket: true);
        try
        {
            var first = await ReadHead(stream);
            await stream.WriteAsync(Encoding.UTF8.GetBytes(AnswerTo(first)), _stop.Token);
        }
        catch (Exception over) when (over is OperationCanceledException or IOException)
        {
            // The client went away, or the test is over.
        }
    }

    string AnswerTo(string first)
    {
        if (first.Contains("/build/cancel", StringComparison.Ordinal)) _cancelled.TrySetResult();
        else if (first.Contains("/build?", StringComparison.Ordinal)) return _answerToBuild;
        return first.Contains("/_ping", StringComparison.Ordinal) ? "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            : "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 2\r\n\r\n" + (first.Contains("/volumes", StringComparison.Ordinal) ? "{}" : "[]");
    }

    async Task<string> ReadHead(NetworkStream stream)
    {
        var head = new StringBuilder();
        var buffer = new byte[4096];
        while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer, _stop.Token);
            if (read == 0) break;
            head.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
        return head.ToString().Split("\r\n")[0];
    }
}
