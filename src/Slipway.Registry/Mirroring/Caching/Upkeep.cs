using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Slipway.Database;

namespace Slipway.Registry.Mirroring.Caching;

/// <summary>Takes up what other servers changed of the caches, writes down what was pulled, and removes what fetches left unfinished long ago.</summary>
sealed partial class Upkeep(Caches caches, LastPulls pulls, BlobFetches fetches, TimeProvider time, ILogger<Upkeep> log) : BackgroundService
{
    static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await fetches.Stop();
        try
        {
            await pulls.Write();
        }
        catch (DatabaseUnavailableException away)
        {
            // When it was last pulled may be forgotten; the server must come to its end on a broken disk too.
            LogFailed(away);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                caches.Reload();
                await pulls.Write();
                fetches.RemoveStale();
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LogFailed(error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Upkeep of the caches failed; tried again in a moment")]
    partial void LogFailed(Exception error);
}
