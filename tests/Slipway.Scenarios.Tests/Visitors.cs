using System.Collections.Concurrent;

namespace Slipway.Scenarios.Tests;

/// <summary>
/// People who use an app while something happens to it: some only read, some post a body that must come back whole, some ask for an answer that takes
/// a while; each keeps its connection. Every request is counted as answered (with the version that did) or failed (with the reason).
/// </summary>
public sealed class Visitors : IAsyncDisposable
{
    readonly CancellationTokenSource _stop = new();
    readonly SlipwayProcess _slipway;
    readonly HttpClient _http;
    readonly Uri _site;
    readonly Task[] _visitors;
    readonly ConcurrentDictionary<string, int> _versions = new();
    readonly ConcurrentQueue<string> _failures = new();
    int _requests;

    public Visitors(SlipwayProcess slipway, TestApp app, int count = 12, bool strangers = false)
    {
        _slipway = slipway;
        _http = slipway.Visitor(count, cookies: !strangers);
        _site = new Uri($"http://{app.Host}/");
        _visitors = [.. Enumerable.Range(0, count).Select(visitor => Task.Run(() => Visit(visitor)))];
    }

    public int Requests => Volatile.Read(ref _requests);

    public IReadOnlyCollection<string> Failures => _failures;

    public IReadOnlyDictionary<string, int> Versions => _versions;

    public void ForgetVersions() => _versions.Clear();

    /// <summary>Waits until so many more requests were answered.</summary>
    public Task More(int requests)
    {
        var goal = Requests + requests;
        return SlipwayProcess.Until(() => Task.FromResult(Requests >= goal), $"{requests} more requests of visitors ({_failures.Count} failed: {_failures.FirstOrDefault()})");
    }

    public async Task Leave()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_visitors);
    }

    public void NobodyFailed() => _failures.ShouldBeEmpty($"of {Requests} requests\n{_slipway.Logs()}");

    public async ValueTask DisposeAsync()
    {
        await Leave();
        _http.Dispose();
        _stop.Dispose();
    }

    async Task Visit(int visitor)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await Ask(visitor);
            }
            catch (Exception broken) when (broken is HttpRequestException or TaskCanceledException or IOException)
            {
                _failures.Enqueue($"{DateTime.UtcNow:HH:mm:ss.fff} {broken.GetType().Name}: {broken.Message} {broken.InnerException?.Message}");
            }
            Interlocked.Increment(ref _requests);
            await Task.Delay(20);
        }
    }

    async Task Ask(int visitor)
    {
        var body = visitor % 3 == 1 ? new string('x', 20_000) : null;
        using var request = body is null
            ? new HttpRequestMessage(HttpMethod.Get, new Uri(_site, visitor % 3 == 2 ? "/?seconds=0.3" : "/"))
            : new HttpRequestMessage(HttpMethod.Post, _site) { Content = new StringContent(body) };
        using var answer = await _http.SendAsync(request);
        var content = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode) _failures.Enqueue($"{DateTime.UtcNow:HH:mm:ss.fff} {request.Method}: {(int)answer.StatusCode} {content.ReplaceLineEndings(" ")[..Math.Min(200, content.Length)]}");
        else if (body is not null && content != body) _failures.Enqueue($"the body of {body.Length} came back with {content.Length}");
        if (answer.Headers.TryGetValues("X-Version", out var versions)) _versions.AddOrUpdate(versions.First(), 1, (_, n) => n + 1);
    }
}
