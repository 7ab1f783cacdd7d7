using Dapper;
using Slipway.Delivery;
using Slipway.Registry.Secrets;

namespace Slipway.Server.Notifications;

/// <summary>
/// Sends deliveries to their receivers, to each in the order of events and at least once: a delivery is over when its receiver has answered 2xx and that is stored.
/// Receivers do not wait for each other. Runs on the server that leads.
/// </summary>
sealed partial class ReleaseDeliveries(
    Database.Database database, ReleaseOutbox outbox, WebhookSender sender, SecretBox secrets, WebhookOptions options, TimeProvider time, ILogger<ReleaseDeliveries> log) : BackgroundService
{
    readonly Dictionary<long, Task> _running = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Off the start-up path.
        await Task.Yield();
        using var timer = new PeriodicTimer(options.Look, time);
        do
        {
            try
            {
                await Look(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LogFailed(error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    async Task Look(CancellationToken stopping)
    {
        foreach (var ended in _running.Where(delivery => delivery.Value.IsCompleted).Select(delivery => delivery.Key).ToList()) _running.Remove(ended);
        var last = outbox.Last();
        foreach (var hook in database.Read(ReleaseWebhookRow.All))
        {
            await outbox.Take(hook, last, stopping);
            if (_running.ContainsKey(hook.Id)) continue;
            var waits = hook.Disabled is null && database.Read(db => DeliveryRow.Next(db, hook.Id)) is not null;
            if (!waits && hook.Ended) await database.Write(db => ReleaseWebhookRow.Remove(db, hook.Id), stopping);
            else if (waits && ReleaseWebhookRow.Time(hook.Next) <= time.GetUtcNow()) _running[hook.Id] = Task.Run(() => Deliver(hook.Id, stopping), stopping);
        }
    }

    async Task Deliver(long id, CancellationToken stopping)
    {
        try
        {
            while (await DeliverNext(id, stopping))
            {
            }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogFailed(error);
        }
    }

    /// <returns>Whether the next one may be tried at once.</returns>
    async Task<bool> DeliverNext(long id, CancellationToken stopping)
    {
        var (hook, delivery, platform) = database.Read(db => (ReleaseWebhookRow.Find(db, id), DeliveryRow.Next(db, id), PlatformIdentity.Find(db)));
        if (hook is not { Disabled: null } || delivery is null) return false;
        // The same delivery has the same identifier and content, however often it is tried.
        var body = ReleaseMessage.Of(delivery.Happened, hook.Format, PlatformIdentity.Source(platform));
        var trial = await sender.Send(hook.OpenUrl(secrets), hook.OpenSecret(secrets), ApiText($"{platform}-{hook.Id}-{delivery.Event}"), body, ReleaseMessage.MediaType(hook.Format), stopping);
        var now = time.GetUtcNow();
        var attempt = Attempt.Of(hook, delivery, trial, options, now, Random.Shared.NextDouble());
        await database.Write(
            db =>
            {
                if (!delivery.Tried(db, attempt.State, now, trial.Status, trial.Error)) return;
                if (trial.Accepted) db.Execute("UPDATE release_webhooks SET delivered = delivered + 1, failures = 0, failing = NULL WHERE id = @id", new { id });
                else db.Execute(
                    "UPDATE release_webhooks SET failures = failures + 1, failing = coalesce(failing, @now), next = @next, disabled = @Disabled WHERE id = @id",
                    new { id, now = ReleaseWebhookRow.Text(now), next = ReleaseWebhookRow.Text(attempt.Next), attempt.Disabled });
            },
            stopping);
        if (attempt.Disabled is { } why) LogDisabled(hook.Name, hook.App, why);
        else if (attempt.State == DeliveryRow.Dead) LogDead(hook.Name, hook.App, delivery.Event, trial.Error!);
        else if (!trial.Accepted && hook.Failures == 0) LogFailing(hook.Name, hook.App, trial.Error!);
        return attempt.State != DeliveryRow.Waiting;
    }

    static string ApiText(FormattableString text) => FormattableString.Invariant(text);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The webhook {Name} of {App} fails and is tried again: {Error}")]
    partial void LogFailing(string name, string app, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "The webhook {Name} of {App}: the delivery of event {Event} is given up: {Error}")]
    partial void LogDead(string name, string app, long @event, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "The webhook {Name} of {App} is disabled: {Reason}")]
    partial void LogDisabled(string name, string app, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Release events could not be sent; tried again")]
    partial void LogFailed(Exception error);
}
