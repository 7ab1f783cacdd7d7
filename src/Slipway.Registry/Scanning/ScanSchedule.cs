using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Slipway.Registry.Events;

namespace Slipway.Registry.Scanning;

/// <summary>
/// Queues what was pushed and what has become old, and carries out what is queued. On every server: which of them does what is settled by rows. Does nothing
/// as long as no scanner is set.
/// </summary>
sealed partial class ScanSchedule(Database.Database database, ScanQueue queue, ScanRun run, RegistryOptions options, TimeProvider time, ILogger<ScanSchedule> log) : BackgroundService
{
    readonly ConcurrentDictionary<string, Task> _running = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Off the start-up path.
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (database.Read(ScannerRow.Find) is { } scanner) await Look(scanner, stoppingToken);
                await queue.Wake.WaitAsync(options.Scanning.Look, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error)
            {
                LogFailed(error);
                await Task.Delay(options.Scanning.Look, stoppingToken).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
        await Task.WhenAll(_running.Values);
    }

    async Task Look(ScannerRow scanner, CancellationToken cancel)
    {
        await queue.FollowPushes(scanner, cancel);
        if (IsSweepDue(scanner) && await queue.BeginSweep(scanner, cancel)) await queue.Sweep(scanner, all: false, Caller.Server.Name, cancel);
        foreach (var job in await queue.Claim(cancel)) _running[job.Holder] = Task.Run(() => Run(job, cancel), CancellationToken.None);
    }

    async Task Run(ScanJob job, CancellationToken cancel)
    {
        try
        {
            await run.Run(job, cancel);
        }
        catch (Exception bug)
        {
            // The claim ends by itself, and the next one takes it up.
            LogFailed(bug);
        }
        finally
        {
            _running.TryRemove(job.Holder, out _);
            queue.Signal();
        }
    }

    bool IsSweepDue(ScannerRow scanner) =>
        scanner.Swept.Length == 0 || DateTimeOffset.Parse(scanner.Swept, CultureInfo.InvariantCulture) + options.Scanning.Sweep <= time.GetUtcNow();

    [LoggerMessage(Level = LogLevel.Error, Message = "Scanning failed; tried again in a moment")]
    partial void LogFailed(Exception error);
}
