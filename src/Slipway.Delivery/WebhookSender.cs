using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Slipway.Delivery;

/// <summary>One delivery: a signed POST. Whatever goes wrong is an answer, never an exception. Thread-safe.</summary>
public sealed class WebhookSender : IDisposable
{
    readonly WebhookOptions _options;
    readonly TimeProvider _time;
    readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;
    readonly HttpClient _http;

    public WebhookSender(WebhookOptions options, TimeProvider time)
        : this(options, time, ReceiverAddresses.Resolve)
    {
    }

    internal WebhookSender(WebhookOptions options, TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        (_options, _time, _resolve) = (options, time, resolve);
        var handler = new SocketsHttpHandler
        {
            // A receiver that moved is to be configured anew: a signature is for the one that was named.
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = options.Timeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectCallback = Connect,
        };
        _http = new HttpClient(handler)
        {
            Timeout = options.Timeout,
            DefaultRequestHeaders = { { "User-Agent", "Slipway" } },
        };
    }

    /// <param name="url">Where it is posted to.</param>
    /// <param name="secret">What it is signed with (<see cref="Signature"/>).</param>
    /// <param name="id">The same for every attempt of the same delivery.</param>
    /// <param name="body">What is sent.</param>
    /// <param name="mediaType">Of the body.</param>
    public async Task<WebhookTrial> Send(string url, string secret, string id, byte[] body, string mediaType, CancellationToken cancel)
    {
        // Through a proxy it is the proxy that resolves names: what is an address already, is looked at here.
        if (ReceiverAddresses.Refusal(new Uri(url), _options.Allowed) is { } refusal) return new WebhookTrial(false, null, refusal);
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(mediaType);
        foreach (var (name, value) in Signature.Headers(secret, id, _time.GetUtcNow(), body)) request.Headers.Add(name, value);
        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            var status = (int)answer.StatusCode;
            return answer.IsSuccessStatusCode
                ? new WebhookTrial(true, status, null)
                : new WebhookTrial(false, status, $"the receiver answered {status} {answer.ReasonPhrase}") { RetryAfter = RetryAfter(answer) };
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new WebhookTrial(false, null, $"the receiver did not answer within {_options.Timeout.TotalSeconds:0.#} s");
        }
        catch (HttpRequestException away)
        {
            return new WebhookTrial(false, null, $"the receiver can't be reached: {away.InnerException?.Message ?? away.Message}");
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>After the name is resolved, so that no name leads to an address that none may be sent to, whenever its answer changes.</summary>
    async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var addresses = await _resolve(context.DnsEndPoint.Host, cancel);
        var open = addresses.Where(address => !ReceiverAddresses.IsForbidden(address, _options.Allowed)).ToArray();
        if (open.Length == 0) throw new IOException(ReceiverAddresses.Refusal(context.DnsEndPoint.Host, addresses));
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(open, context.DnsEndPoint.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>RFC 9110, section 10.2.3.</summary>
    TimeSpan? RetryAfter(HttpResponseMessage answer) => answer.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > _time.GetUtcNow() => date - _time.GetUtcNow(),
        _ => null,
    };
}
