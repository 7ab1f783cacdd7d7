using System.Text.Json;
using Slipway.Gateway.Health;
using Slipway.Gateway.Listening;
using Slipway.Gateway.Routing;
using Slipway.Gateway.Streams;
using Slipway.Model;

namespace Slipway.Gateway.Control;

/// <summary>Takes a new table into service: checked, stored, swapped in, its ports opened. One at a time.</summary>
sealed class TableSwitch(
    Switchboard switchboard, TableCompiler compiler, InstanceBook instances, HealthChecker health, Listeners listeners, StreamListeners streams, TableStore store) : IDisposable
{
    readonly SemaphoreSlim _gate = new(1, 1);

    /// <summary>When this returns, no request begins by an older table.</summary>
    /// <exception cref="InvalidInputException">The table can't be served by; nothing was changed.</exception>
    /// <exception cref="TableRefusedException">It is older than the one served by, or another one of the same version.</exception>
    public async Task Apply(RouteTable next, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            var current = switchboard.Table.Document;
            if (next.Version < current.Version)
                throw new TableRefusedException(current.Version, $"Table {next.Version} is older than table {current.Version}, which the gateway serves by.");
            if (next.Version == current.Version && current.Version > 0)
            {
                if (Same(next, current)) return;
                throw new TableRefusedException(current.Version, $"The gateway serves by another table of version {current.Version}; a changed table needs a higher version.");
            }
            var compiled = compiler.Compile(next);
            // Stored before it is served by: a gateway that is killed in between comes back with the newer one, never with an older one than it acknowledged.
            store.Save(next);
            switchboard.Switch(compiled);
            instances.Route(compiled.Instances);
            health.Watch(compiled.Watches);
            // A port may go from requests to connections and back: what is left first, then what is new.
            await streams.Leave(compiled.Streams.Keys);
            await listeners.Want(compiled.Ports, CancellationToken.None);
            await streams.Want(compiled.Streams.Keys);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    static bool Same(RouteTable a, RouteTable b) =>
        JsonSerializer.SerializeToUtf8Bytes(a, ModelJson.Default.RouteTable).AsSpan().SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(b, ModelJson.Default.RouteTable));
}
