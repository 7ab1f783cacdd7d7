using System.Globalization;
using Slipway.Delivery;

namespace Slipway.Server.Notifications;

/// <summary>What follows from one attempt to deliver. Pure.</summary>
/// <param name="State">Of the delivery: waiting for the next attempt, delivered or dead.</param>
/// <param name="Next">When the receiver is tried again.</param>
/// <param name="Disabled">Why it is not tried any more.</param>
sealed record Attempt(string State, DateTimeOffset Next, string? Disabled)
{
    /// <summary>A receiver that answers so has read the event and will not have it: what comes behind need not wait for a day.</summary>
    static readonly int[] WillNotHaveIt = [400, 413, 415, 422];

    const int Gone = 410, TriesOfUnwanted = 5, FewestFailures = 10;

    /// <param name="hook">As it was before the attempt.</param>
    /// <param name="delivery">As it was before the attempt.</param>
    /// <param name="trial">What came of it.</param>
    /// <param name="chance">From 0 to 1: of the jitter.</param>
    public static Attempt Of(ReleaseWebhookRow hook, DeliveryRow delivery, WebhookTrial trial, WebhookOptions options, DateTimeOffset now, double chance)
    {
        if (trial.Accepted) return new Attempt(DeliveryRow.Delivered, now, null);
        // Standard Webhooks 1.0.0, "Deliverability and reliability": with 410 the receiver says that it is gone for good.
        if (trial.Status == Gone) return new Attempt(DeliveryRow.Waiting, now, $"{trial.Error}: it is gone for good");
        var failing = hook.Failing is null ? now : ReleaseWebhookRow.Time(hook.Failing);
        if (now - failing >= options.DisableAfter && hook.Failures + 1 >= FewestFailures)
            return new Attempt(DeliveryRow.Waiting, now, string.Create(CultureInfo.InvariantCulture, $"it has taken nothing since {failing:yyyy-MM-dd HH:mm} UTC; the last time {trial.Error}"));
        var first = delivery.First is null ? now : ReleaseWebhookRow.Time(delivery.First);
        var unwanted = trial.Status is { } status && WillNotHaveIt.Contains(status) && delivery.Attempts + 1 >= TriesOfUnwanted;
        if (unwanted || now - first >= options.GiveUpAfter) return new Attempt(DeliveryRow.Dead, now, null);
        return new Attempt(DeliveryRow.Waiting, now + options.Wait((int)delivery.Attempts + 1, trial.RetryAfter, chance), null);
    }
}
