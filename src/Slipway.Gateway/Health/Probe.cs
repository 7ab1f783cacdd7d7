using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Slipway.Gateway.Upstreams;

namespace Slipway.Gateway.Health;

/// <summary>
/// Asks one instance once: a connection of its own, as a new client has it. What a kept connection says of an instance that takes no new ones is nothing.
/// </summary>
sealed class Probe : IDisposable
{
    const string Agent = "slipway-health";

    readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        PooledConnectionLifetime = TimeSpan.Zero,
        MaxResponseDrainSize = 0,
        MaxResponseHeadersLength = 64,
    });

    /// <summary>Null: it is well. Else what is wrong.</summary>
    public async Task<string?> Ask(HealthWatch watch, CancellationToken cancel)
    {
        var policy = watch.Policy;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(policy.Timeout);
        try
        {
            // One for this probe alone, so that the connection is new here too.
            using var other = watch.Instance.Protocol is { } protocol ? new UpstreamClient(watch.Instance.Address, protocol, TimeSpan.Zero) : null;
            using var request = new HttpRequestMessage(HttpMethod.Get, other?.AddressOf(policy.Path) ?? new Uri($"http://{watch.Instance.Address}{policy.Path}"));
            (request.Version, request.VersionPolicy) = other is null ? (HttpVersion.Version11, HttpVersionPolicy.RequestVersionExact) : other.Versions;
            if (watch.Host is { } host) request.Headers.Host = host;
            request.Headers.TryAddWithoutValidation("User-Agent", Agent);
            if (other is null) request.Headers.ConnectionClose = true;
            using var answer = await (other?.Send(request, policy.Timeout, limit.Token) ?? _client.SendAsync(request, limit.Token));
            var status = (int)answer.StatusCode;
            return status >= policy.StatusFrom && status <= policy.StatusTo ? null : string.Create(CultureInfo.InvariantCulture, $"GET {policy.Path} was answered {status}");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return string.Create(CultureInfo.InvariantCulture, $"GET {policy.Path} was not answered within {policy.Timeout.TotalSeconds:0.###} s");
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException or SocketException)
        {
            return $"GET {policy.Path} failed: {failed.GetBaseException().Message}";
        }
    }

    public void Dispose() => _client.Dispose();
}
