using Amazon.Runtime;

namespace Slipway.Registry.Storage.S3;

/// <summary>Connections as we want them: bounded, soon given up where nobody answers, and renewed, so that a changed address is noticed.</summary>
sealed class S3HttpClientFactory(S3Options options) : HttpClientFactory
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public override HttpClient CreateHttpClient(IClientConfig clientConfig)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseCookies = false, MaxConnectionsPerServer = options.Connections, PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            // The SDK asks before it sends a body; a service that does not know that is not waited for.
            Expect100ContinueTimeout = TimeSpan.FromMilliseconds(300),
            ConnectTimeout = options.Timeout < Patience ? options.Timeout : Patience,
        };
        options.Handler?.Invoke(handler);
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    // The client has one for itself, for as long as it lives.
    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

    public override string? GetConfigUniqueString(IClientConfig clientConfig) => null;
}
