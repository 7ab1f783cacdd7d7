using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Slipway.Registry.Events;

namespace Slipway.Registry.GarbageCollection;

/// <summary>
/// Collects when the options' interval has passed since the last collection of any server; the very first time an hour after the start: a registry that
/// has just come up has other things to do.
/// </summary>
sealed partial class CollectionSchedule(GarbageCollector collector, UpkeepClaims claims, RegistryOptions options, TimeProvider time, ILogger<CollectionSchedule> log)
    : BackgroundService
{
    static readonly TimeSpan Look = TimeSpan.FromMinutes(5);
    static readonly TimeSpan FirstAfter = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var interval = options.Collection.Interval;
        if (interval <= TimeSpan.Zero) return;
        // Off the start-up path.
        await Task.Yield();
        var first = time.GetUtcNow() + (interval < FirstAfter ? interval : FirstAfter);
        using var timer = new PeriodicTimer(interval < Look ? interval : Look, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var last = claims.Find(GarbageCollector.Upkeep)?.Ended is { } ended ? DateTimeOffset.Parse(ended, CultureInfo.InvariantCulture) : first - interval;
                if (time.GetUtcNow() - last >= interval) await collector.Collect(new CollectionRequest(), Caller.Server, cancel: stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LogFailed(error);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Garbage collection failed; tried again later")]
    partial void LogFailed(Exception error);
}
