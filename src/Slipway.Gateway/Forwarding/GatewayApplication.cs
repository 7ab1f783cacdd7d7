using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;
using Slipway.Gateway.Logging;
using Slipway.Gateway.Policies;

namespace Slipway.Gateway.Forwarding;

/// <summary>What Kestrel calls for each request; in place of a middleware pipeline, whose objects each request would pay for.</summary>
/// <param name="log">Null: none is written.</param>
sealed class GatewayApplication(Forwarder forwarder, TrustedProxies proxies, AccessLog? log) : IHttpApplication<Exchange>
{
    public Exchange CreateContext(IFeatureCollection contextFeatures)
    {
        // Kestrel keeps what is put here for as long as it keeps the connection (or the pooled stream).
        Exchange exchange;
        if (contextFeatures is IHostContextContainer<Exchange> container) exchange = container.HostContext ??= new Exchange(contextFeatures, proxies, log is not null);
        else exchange = new Exchange(contextFeatures, proxies, log is not null);
        exchange.Begin();
        return exchange;
    }

    public Task ProcessRequestAsync(Exchange context) => forwarder.Forward(context);

    public void DisposeContext(Exchange context, Exception? exception)
    {
        log?.Write(context, exception);
        context.End();
    }
}
