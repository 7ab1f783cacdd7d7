using Microsoft.Extensions.Hosting;

namespace Slipway.Registry.Storage;

/// <summary>A store that can try by itself whether its settings are right and its rights enough.</summary>
interface ICheckedStore
{
    /// <exception cref="IOException">They are not; the text says which setting to look at.</exception>
    Task Check(CancellationToken cancel);
}

/// <summary>Ends the start where the store can't be used: a server that fails every push is worse than one that says why it does not run.</summary>
sealed class StoreCheck(IBlobStore store, StoreMark mark) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (store is ICheckedStore check) await check.Check(cancellationToken);
        await mark.Check(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
