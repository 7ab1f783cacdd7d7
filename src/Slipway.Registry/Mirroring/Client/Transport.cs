using System.Net;
using System.Net.Http.Headers;

namespace Slipway.Registry.Mirroring.Client;

/// <summary>
/// Requests to one registry: authenticated as it asks for it, redirected without taking the credential along, tried again while what goes wrong
/// may pass. Thread-safe.
/// </summary>
sealed class Transport : IDisposable
{
    const int MaxRedirects = 5;

    /// <summary>Bytes a second that a body is expected to go out with at the least.</summary>
    const int SlowestUpload = 32 << 10;

    readonly RemoteRegistry _registry;
    readonly TimeProvider _time;
    readonly HttpClient _http;
    readonly Tokens _tokens;

    public Transport(RemoteRegistry registry, TimeProvider time)
    {
        (_registry, _time) = (registry, time);
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = !registry.Url.IsLoopback,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        }) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("slipway");
        _tokens = new Tokens(registry, _http, time);
    }

    /// <summary>The answer, its body unread, whatever its status is, other than what is tried again and what is refused.</summary>
    /// <param name="make">A fresh request for each try.</param>
    /// <param name="scope">What it needs, as Docker's token authentication names it.</param>
    /// <exception cref="RemoteException">No answer, or one of 401, 403, 429 or above 499, to the last try.</exception>
    public async Task<HttpResponseMessage> Send(Func<HttpRequestMessage> make, string scope, Patience patience, CancellationToken cancel)
    {
        for (var done = 1; ; done++)
        {
            RemoteException failed;
            try
            {
                var answer = await Follow(make, scope, patience, cancel);
                if (!Patience.IsPassing(answer.StatusCode) && answer.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) && (int)answer.StatusCode < 500) return answer;
                using (answer) failed = await Explain(answer, cancel);
            }
            catch (RemoteException token)
            {
                failed = token;
            }
            catch (HttpRequestException wrapped) when (wrapped.InnerException is RemoteException own)
            {
                // What was to be sent could not be read.
                failed = own;
            }
            catch (Exception away) when (away is HttpRequestException or IOException or OperationCanceledException && !cancel.IsCancellationRequested)
            {
                failed = new RemoteException($"{_registry} does not answer: {(away is OperationCanceledException ? $"nothing came within {patience.Answer.TotalSeconds:0} s" : away.InnerException?.Message ?? away.Message)}", null, away);
            }
            if (!failed.IsPassing || patience.Before(done, failed.RetryAfter) is not { } wait) throw failed;
            await Task.Delay(wait, _time, cancel);
        }
    }

    /// <summary>What was answered, as an error: its own first message, shortened, is the best explanation there is.</summary>
    public async Task<RemoteException> Explain(HttpResponseMessage answer, CancellationToken cancel)
    {
        const int Enough = 300;
        var request = answer.RequestMessage!;
        var said = "";
        try
        {
            using var soon = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            soon.CancelAfter(TimeSpan.FromSeconds(5));
            var body = request.Method == HttpMethod.Head ? null : await Bodies.Read(answer, 64 << 10, soon.Token);
            said = body is null ? "" : ErrorText.Of(body);
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            // The status alone has to do.
        }
        if (said.Length > Enough) said = said[..Enough] + "...";
        return new RemoteException(
            $"{_registry} answered {(int)answer.StatusCode} {answer.ReasonPhrase} to {request.Method} {request.RequestUri!.AbsolutePath}{(said.Length == 0 ? "" : ": " + said)}", answer.StatusCode)
        {
            RetryAfter = Patience.Asked(answer.Headers, _time),
        };
    }

    public void Dispose() => _http.Dispose();

    async Task<HttpResponseMessage> Follow(Func<HttpRequestMessage> make, string scope, Patience patience, CancellationToken cancel)
    {
        Uri? elsewhere = null;
        var asked = false;
        for (var redirects = 0; ;)
        {
            var request = make();
            request.RequestUri = elsewhere ?? request.RequestUri;
            var own = IsOwn(request.RequestUri!);
            if (own) request.Headers.Authorization = await _tokens.For(scope, cancel);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(patience.Answer + TimeSpan.FromSeconds((request.Content?.Headers.ContentLength ?? 0) / SlowestUpload));
            var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);

            if (answer.StatusCode == HttpStatusCode.Unauthorized && own && !asked && Challenge.Best(answer.Headers.WwwAuthenticate) is { } challenge
                && _tokens.Learn(challenge, scope, request.Headers.Authorization))
            {
                asked = true;
                answer.Dispose();
                continue;
            }
            if (Target(request, answer) is not { } target) return answer;
            answer.Dispose();
            if (++redirects > MaxRedirects) throw new RemoteException($"{_registry} redirects more than {MaxRedirects} times.", answer.StatusCode);
            if (request.RequestUri!.Scheme == "https" && target.Scheme != "https")
                throw new RemoteException($"{_registry} redirects from https to {target.Scheme}://{target.Authority}, which is not followed.", answer.StatusCode);
            elsewhere = target;
        }
    }

    static Uri? Target(HttpRequestMessage request, HttpResponseMessage answer)
    {
        if (answer.Headers.Location is not { } location) return null;
        var same = answer.StatusCode is HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
        var reading = request.Method == HttpMethod.Get || request.Method == HttpMethod.Head;
        if (!same && !(reading && answer.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther)) return null;
        var target = new Uri(request.RequestUri!, location);
        return target.Scheme is "http" or "https" ? target : null;
    }

    // Host, port and scheme: a credential for one is nobody else's business.
    bool IsOwn(Uri url) => Uri.Compare(url, _registry.Url, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;
}
