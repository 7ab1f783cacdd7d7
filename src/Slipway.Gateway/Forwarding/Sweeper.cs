using Slipway.Gateway.Listening;
using Slipway.Gateway.Routing;
using Slipway.Gateway.Streams;

namespace Slipway.Gateway.Forwarding;

/// <summary>Once a second: closes connections past a deadline and those too long idle, and tries ports again that could not be opened. It is what saves each request a timer of its own.</summary>
sealed class Sweeper(InstanceBook instances, Listeners listeners, StreamListeners streams, GatewayOptions options) : IDisposable
{
    readonly PeriodicTimer _timer = new(TimeSpan.FromSeconds(1), TimeProvider.System);

    public async Task Run()
    {
        while (await _timer.WaitForNextTickAsync())
        {
            var now = Environment.TickCount64;
            foreach (var instance in instances.All())
            {
                instance.Connections.Sweep(now);
                instance.WebSockets.Sweep(now);
                instance.Connections.CloseIdle(now - (long)options.IdleTimeout.TotalMilliseconds);
            }
            await streams.Sweep();
            instances.Forget();
            await listeners.Sweep(CancellationToken.None);
        }
    }

    public void Dispose() => _timer.Dispose();
}
