using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Slipway.Registry.Uploads;

/// <summary>Gives up stale uploads, at the start and then four times in their lifetime, at least hourly.</summary>
sealed partial class UploadExpiry(UploadSessions sessions, RegistryOptions options, TimeProvider time, ILogger<UploadExpiry> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Off the start-up path: the first look may find thousands of files.
        await Task.Yield();
        var period = options.UploadLifetime / 4 is var quarter && quarter < TimeSpan.FromHours(1) ? quarter : TimeSpan.FromHours(1);
        using var timer = new PeriodicTimer(period, time);
        do
        {
            try
            {
                var stale = await sessions.GiveUpStale(stoppingToken);
                if (stale > 0) LogGivenUp(stale, options.UploadLifetime);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LogFailed(error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Gave up {Count} uploads that had got nothing for {Lifetime}")]
    partial void LogGivenUp(int count, TimeSpan lifetime);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Stale uploads could not be given up; tried again later")]
    partial void LogFailed(Exception error);
}
