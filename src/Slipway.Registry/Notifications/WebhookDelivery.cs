using System.Globalization;
using Dapper;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Slipway.Delivery;
using Slipway.Registry.Measuring;
using Slipway.Registry.Secrets;

namespace Slipway.Registry.Notifications;

/// <summary>
/// Sends the log's events to the webhooks, in order and at least once: a webhook's position moves when its receiver has answered 2xx, and only from
/// where it was (so that two servers which deliver at the same time send twice at worst, and skip nothing).
/// <code>
/// events after position ──► POST ── 2xx ──► position moves
///                             └── else ──► wait 1 s, 2 s, 4 s ... 10 min ──► again; after a day: dropped, counted
/// </code>
/// Receivers do not wait for each other.
/// </summary>
sealed partial class WebhookDelivery(
    Database.Database database, WebhookSender sender, SecretBox secrets, WebhookOptions options, RegistryMetrics metrics, TimeProvider time, ILogger<WebhookDelivery> log)
    : BackgroundService
{
    const int Batch = 50;

    readonly Dictionary<long, Task> _deliveries = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Off the start-up path.
        await Task.Yield();
        using var timer = new PeriodicTimer(options.Look, time);
        do
        {
            try
            {
                // Asked before the rows are read: a row from before a delivery's end would have it sent again.
                var running = _deliveries.Where(delivery => !delivery.Value.IsCompleted).Select(delivery => delivery.Key).ToHashSet();
                foreach (var hook in database.Read(Due))
                {
                    if (running.Contains(hook.Id)) continue;
                    _deliveries[hook.Id] = Task.Run(() => Deliver(hook, stoppingToken), stoppingToken);
                }
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LogFailed(error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    List<WebhookRow> Due(System.Data.Common.DbConnection connection)
    {
        var now = Text(time.GetUtcNow());
        var end = connection.ExecuteScalar<long?>("SELECT max(id) FROM registry_events") ?? 0;
        return [.. WebhookRow.All(connection).Where(hook => hook.Position < end && string.CompareOrdinal(hook.Next, now) <= 0)];
    }

    async Task Deliver(WebhookRow hook, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                var (events, position) = database.Read(connection => hook.NextEvents(connection, Batch));
                if (events.Count == 0)
                {
                    await Move(hook, position, 0);
                    return;
                }
                // The same events are the same delivery, however often it is tried ("webhook-id").
                var id = string.Create(CultureInfo.InvariantCulture, $"{hook.Id}-{events[0].Id}-{events[^1].Id}");
                var trial = await sender.Send(hook.Url, secrets.Open(hook.Secret, WebhookRow.Purpose(hook.Name)), id, Envelope.Of(events), Envelope.MediaType, cancel);
                if (!trial.Accepted)
                {
                    await Fail(hook, events[^1].Id, events.Count, trial);
                    return;
                }
                metrics.Delivery("delivered", events.Count);
                if (!await Move(hook, position, events.Count)) return;
                hook = hook with { Position = position, BatchEnd = null };
            }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogFailed(error);
        }
    }

    /// <summary>False where the webhook is gone, or another server was faster.</summary>
    Task<bool> Move(WebhookRow hook, long position, int delivered) => database.Write(connection => connection.Execute(
        """
        UPDATE registry_webhooks SET position = @to, delivered = delivered + @delivered, failures = 0, failing = NULL, batch_end = NULL, error = NULL
        WHERE id = @Id AND position = @Position
        """,
        new { hook.Id, hook.Position, to = position, delivered }) > 0);

    async Task Fail(WebhookRow hook, long batchEnd, int count, WebhookTrial trial)
    {
        var error = trial.Error!;
        var now = time.GetUtcNow();
        var failing = hook.Failing is { } since ? DateTimeOffset.Parse(since, CultureInfo.InvariantCulture) : now;
        if (now - failing >= options.GiveUpAfter)
        {
            metrics.Delivery("dropped", count);
            LogDropped(hook.Name, count, options.GiveUpAfter, error);
            await database.Write(connection => connection.Execute(
                """
                UPDATE registry_webhooks SET position = @batchEnd, dropped = dropped + @count, failures = 0, failing = NULL, batch_end = NULL, error = @error
                WHERE id = @Id AND position = @Position
                """,
                new { hook.Id, hook.Position, batchEnd, count, error }));
            return;
        }
        metrics.Delivery("failed", count);
        var wait = options.Wait((int)hook.Failures + 1, trial.RetryAfter, Random.Shared.NextDouble());
        if (hook.Failures == 0) LogFailing(hook.Name, error);
        await database.Write(connection => connection.Execute(
            "UPDATE registry_webhooks SET failures = failures + 1, failing = @failing, batch_end = @batchEnd, error = @error, next = @next WHERE id = @Id AND position = @Position",
            new { hook.Id, hook.Position, failing = Text(failing), batchEnd, error, next = Text(now + wait) }));
    }

    static string Text(DateTimeOffset moment) => moment.ToString("O", CultureInfo.InvariantCulture);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Webhook {Name} fails and is tried again: {Error}")]
    partial void LogFailing(string name, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Webhook {Name}: {Count} events are given up after {Time} of failing: {Error}")]
    partial void LogDropped(string name, int count, TimeSpan time, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Notifications could not be sent; tried again")]
    partial void LogFailed(Exception error);
}
