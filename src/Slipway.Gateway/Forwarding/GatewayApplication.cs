using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Slipway.Gateway.Forwarding;

/// <summary>What Kestrel calls for each request; in place of a middleware pipeline, whose objects each request would pay for.</summary>
sealed class GatewayApplication(Forwarder forwarder) : IHttpApplication<Exchange>
{
    public Exchange CreateContext(IFeatureCollection contextFeatures)
    {
        // Kestrel keeps what is put here for as long as it keeps the connection (or the pooled stream).
        Exchange exchange;
        if (contextFeatures is IHostContextContainer<Exchange> container) exchange = container.HostContext ??= new Exchange(contextFeatures);
        else exchange = new Exchange(contextFeatures);
        exchange.Begin();
        return exchange;
    }

    public Task ProcessRequestAsync(Exchange context) => forwarder.Forward(context);

    public void DisposeContext(Exchange context, Exception? exception) => context.End();
}
