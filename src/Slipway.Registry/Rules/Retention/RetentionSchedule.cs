using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Slipway.Model;
using Slipway.Registry.Events;

namespace Slipway.Registry.Rules.Retention;

/// <summary>Runs the policies whose hour has come. Of several servers the one that moves a policy on to its next time runs it.</summary>
sealed partial class RetentionSchedule(ProjectRetention retention, Database.Database database, TimeProvider time, ILogger<RetentionSchedule> log) : BackgroundService
{
    static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) await RunDue(stoppingToken);
    }

    internal async Task RunDue(CancellationToken cancel)
    {
        try
        {
            var now = time.GetUtcNow();
            if (!database.Read(connection => RetentionRow.IsAnyDue(connection, now))) return;
            foreach (var project in await database.Write(connection => RetentionRow.TakeDue(connection, now), cancel)) await Run(project, cancel);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogFailed(error);
        }
    }

    async Task Run(string project, CancellationToken cancel)
    {
        try
        {
            var report = (await retention.Run(project, Caller.Server, cancel)).Report!;
            LogRan(project, report.TagsRemoved, report.ManifestsRemoved, report.FreedBytes);
        }
        catch (NotFoundException)
        {
            // Its policy was removed a moment ago.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Retention of {Project}: {Tags} tags and {Manifests} manifests removed, {Bytes} bytes are free after the next garbage collection")]
    partial void LogRan(string project, long tags, long manifests, long bytes);

    [LoggerMessage(Level = LogLevel.Error, Message = "Retention failed; what was due runs tomorrow")]
    partial void LogFailed(Exception error);
}
