namespace Slipway.Server.Notifications;

/// <summary>A receiver of release events, as it is asked for.</summary>
public sealed record ReleaseWebhookRequest
{
    /// <summary>Where events are posted to: an absolute http or https URL.</summary>
    public required string Url { get; init; }

    /// <summary>Its name here: 1 to 64 of a-z, 0-9, '-', '_', '.', beginning with a letter or digit. Null: the URL's host.</summary>
    public string? Name { get; init; }

    /// <summary>Some of the types of events; empty: all.</summary>
    public IReadOnlyList<string> Events { get; init; } = [];

    /// <summary>"cloudevents" (the default) or "slack".</summary>
    public string? Format { get; init; }

    /// <summary>Also what happens to the app's previews.</summary>
    public bool Previews { get; init; }

    /// <summary>What deliveries are signed with: whsec_ and base64 of 24 to 64 bytes (Standard Webhooks); null: one is made.</summary>
    public string? Secret { get; init; }
}

/// <summary>A receiver of release events and how its deliveries go.</summary>
public sealed record ReleaseWebhook
{
    public required string Name { get; init; }

    /// <summary>Without what may be a secret of the receiver: query, and the path behind its first segment.</summary>
    public required string Url { get; init; }

    /// <summary>Null: of all apps.</summary>
    public string? App { get; init; }

    public required string Format { get; init; }

    /// <summary>Empty: all.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    public bool Previews { get; init; }

    /// <summary>Only in the answer to its creation.</summary>
    public string? Secret { get; init; }

    public long Delivered { get; init; }

    /// <summary>Given up, and kept to be looked at or sent again.</summary>
    public long Dead { get; init; }

    public long Waiting { get; init; }

    /// <summary>Attempts that have failed since the last success.</summary>
    public int Failures { get; init; }

    /// <summary>What went wrong last; null after a success.</summary>
    public string? Error { get; init; }

    /// <summary>When it is tried again, where the last attempt failed.</summary>
    public DateTimeOffset? NextAttempt { get; init; }

    /// <summary>Why nothing is sent to it any more.</summary>
    public string? Disabled { get; init; }

    public required string AddedBy { get; init; }

    public required DateTimeOffset Created { get; init; }
}

/// <summary>One event on its way to one receiver.</summary>
public sealed record ReleaseDelivery
{
    /// <summary>The event's identifier, as <c>GET /api/v1/events</c> has it.</summary>
    public required long Event { get; init; }

    public required string Type { get; init; }

    public string? App { get; init; }

    /// <summary>When it happened.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>"waiting", "delivered" or "dead".</summary>
    public required string State { get; init; }

    public int Attempts { get; init; }

    /// <summary>When it was tried last.</summary>
    public DateTimeOffset? Tried { get; init; }

    /// <summary>What the receiver answered last.</summary>
    public int? Status { get; init; }

    public string? Error { get; init; }
}
