namespace Slipway.Delivery;

/// <summary>What an attempt to deliver has shown.</summary>
/// <param name="Accepted">The receiver answered 2xx.</param>
/// <param name="Status">Its status; null where there was no answer.</param>
/// <param name="Error">What went wrong; null where it was accepted.</param>
public sealed record WebhookTrial(bool Accepted, int? Status, string? Error)
{
    /// <summary>How long the receiver asks to wait.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public TimeSpan? RetryAfter { get; init; }
}
