using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Slipway.Registry.Auth;

/// <summary>Removes from the audit log what is older than it is kept, once a day.</summary>
sealed partial class AuditExpiry(AuditLog audit, AccessOptions options, TimeProvider time, ILogger<AuditExpiry> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromDays(1), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var gone = await audit.Forget(time.GetUtcNow() - options.KeepAudit);
                if (gone > 0) LogForgotten(gone, options.KeepAudit);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LogFailed(error);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} lines of the audit log were older than {Kept} and are removed")]
    partial void LogForgotten(int count, TimeSpan kept);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The audit log could not be shortened; tried again tomorrow")]
    partial void LogFailed(Exception error);
}
