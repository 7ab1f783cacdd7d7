using System.Net.Http.Headers;

namespace Slipway.Registry.Notifications;

/// <summary>One delivery: a signed POST. Whatever goes wrong is an answer, never an exception.</summary>
sealed class WebhookSender(WebhookOptions options, TimeProvider time) : IDisposable
{
    readonly HttpClient _http = new(new SocketsHttpHandler
    {
        // A receiver that moved is to be configured anew: a signature is for the one that was named.
        AllowAutoRedirect = false,
        ConnectTimeout = options.Timeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = options.Timeout,
        DefaultRequestHeaders = { { "User-Agent", "Slipway-Registry" } },
        MaxResponseContentBufferSize = 64 << 10,
    };

    public async Task<WebhookTrial> Send(string url, string secret, string id, byte[] body, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(Envelope.MediaType);
        foreach (var (name, value) in Signature.Headers(secret, id, time.GetUtcNow(), body)) request.Headers.Add(name, value);
        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            var status = (int)answer.StatusCode;
            return answer.IsSuccessStatusCode ? new WebhookTrial(true, status, null) : new WebhookTrial(false, status, $"the receiver answered {status} {answer.ReasonPhrase}");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new WebhookTrial(false, null, $"the receiver did not answer within {options.Timeout.TotalSeconds:0.#} s");
        }
        catch (HttpRequestException away)
        {
            return new WebhookTrial(false, null, $"the receiver can't be reached: {away.InnerException?.Message ?? away.Message}");
        }
    }

    public void Dispose() => _http.Dispose();
}
