using Slipway.Delivery;

namespace Slipway.Registry.Notifications;

/// <summary>A receiver of events, as it is asked for.</summary>
public sealed record WebhookRequest
{
    /// <summary>Its name here: 1 to 64 of a-z, 0-9, '-', '_', '.', beginning with a letter or digit.</summary>
    public required string Name { get; init; }

    /// <summary>Where events are posted to: an absolute http or https URL.</summary>
    public required string Url { get; init; }

    /// <summary>Only events of this project (the first segment of a repository's name); null: of all.</summary>
    public string? Project { get; init; }

    /// <summary>Some of "push", "pull", "mount", "delete", "scan"; empty: push and delete.</summary>
    public IReadOnlyList<string> Actions { get; init; } = [];

    /// <summary>What the deliveries are signed with: whsec_ and base64 of 24 to 64 bytes (Standard Webhooks); null: one is made.</summary>
    public string? Secret { get; init; }
}

/// <summary>A receiver of events and how its deliveries go.</summary>
public sealed record WebhookStatus
{
    public required string Name { get; init; }

    public required string Url { get; init; }

    public string? Project { get; init; }

    public required IReadOnlyList<string> Actions { get; init; }

    /// <summary>Only in the answer to its creation.</summary>
    public string? Secret { get; init; }

    /// <summary>Events that the receiver has taken.</summary>
    public long Delivered { get; init; }

    /// <summary>Events that were given up after <see cref="WebhookOptions.GiveUpAfter"/> of failing.</summary>
    public long Dropped { get; init; }

    /// <summary>Events that wait for their delivery, at most 10,000 counted.</summary>
    public long Waiting { get; init; }

    /// <summary>Attempts that have failed since the last success.</summary>
    public int Failures { get; init; }

    /// <summary>What went wrong last; null after a success.</summary>
    public string? Error { get; init; }

    /// <summary>When it is tried again, where the last attempt failed.</summary>
    public DateTimeOffset? NextAttempt { get; init; }
}
