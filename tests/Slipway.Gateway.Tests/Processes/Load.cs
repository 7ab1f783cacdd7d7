using System.Collections.Concurrent;
using System.Net;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Processes;

/// <summary>Clients with kept connections that GET, or GET and POST in turn, until they are stopped, and what went wrong.</summary>
sealed class Load : IAsyncDisposable
{
    public const string Body = "some body";

    readonly CancellationTokenSource _stop = new();
    readonly List<Task> _clients;
    readonly ConcurrentQueue<string> _wrong = [];
    int _answered;

    Load(Func<HttpClient> client, int clients, bool posts, IReadOnlyCollection<string> expected) =>
        _clients = [.. Enumerable.Range(0, clients).Select(i => Task.Run(() => Run(client, i, posts, expected), Cancel))];

    public int Answered => Volatile.Read(ref _answered);

    /// <summary>Each request that failed, in words; read it when all is over.</summary>
    public IReadOnlyCollection<string> Wrong => _wrong;

    public static Load GetAndPost(Func<HttpClient> client, int clients, params string[] expected) => new(client, clients, true, expected);

    public static Load Get(Func<HttpClient> client, int clients, params string[] expected) => new(client, clients, false, expected);

    /// <summary>Until so many more requests were answered.</summary>
    public async Task Answers(int more)
    {
        var target = Answered + more;
        await Eventually.Holds(() => Task.FromResult(Answered >= target || !_wrong.IsEmpty));
    }

    public async Task Stop()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        _stop.Dispose();
    }

    async Task Run(Func<HttpClient> make, int number, bool posts, IReadOnlyCollection<string> expected)
    {
        using var client = make();
        for (var i = number; !_stop.IsCancellationRequested; i++)
        {
            var post = posts && i % 2 == 0;
            try
            {
                using var request = new HttpRequestMessage(post ? HttpMethod.Post : HttpMethod.Get, "/") { Content = post ? new StringContent(Body) : null };
                using var answer = await client.SendAsync(request, Cancel);
                var text = await answer.Content.ReadAsStringAsync(Cancel);
                if (answer.StatusCode != HttpStatusCode.OK || !expected.Contains(text)) _wrong.Enqueue($"{request.Method} {answer.StatusCode} {text}");
            }
            catch (Exception failed) when (failed is HttpRequestException or OperationCanceledException or IOException)
            {
                _wrong.Enqueue($"{(post ? "POST" : "GET")} {failed.Message} {failed.InnerException?.Message}");
            }
            Interlocked.Increment(ref _answered);
        }
    }
}
