namespace Slipway.Registry.Rules;

/// <summary>All rules of a project, and what it uses.</summary>
public sealed record ProjectRuleSet
{
    public required string Project { get; init; }

    public required IReadOnlyList<ImmutableRule> Immutable { get; init; }

    /// <summary>Null: nothing expires.</summary>
    public Retention.RetentionPolicy? Retention { get; init; }

    /// <summary>When retention runs next by the clock.</summary>
    public DateTimeOffset? NextRetention { get; init; }

    public required ProjectQuota Quota { get; init; }

    public required ProjectUsage Usage { get; init; }
}

/// <summary>Tags that do not move and are not removed.</summary>
public sealed record ImmutableRule
{
    public long Id { get; init; }

    /// <summary>Pattern of repositories, over the whole name; ** is any.</summary>
    public string Repositories { get; init; } = "**";

    /// <summary>Pattern of tags.</summary>
    public string Tags { get; init; } = "**";
}

/// <summary>What a project may hold; null: no limit.</summary>
public sealed record ProjectQuota
{
    public long? Bytes { get; init; }

    public long? Tags { get; init; }

    /// <summary>Repositories that have an image.</summary>
    public long? Repositories { get; init; }
}

/// <param name="Bytes">Of the project's blobs, each once however many of its repositories have it, and of its manifests.</param>
/// <param name="Tags">Of all its repositories.</param>
/// <param name="Repositories">That have an image.</param>
public sealed record ProjectUsage(long Bytes, long Tags, long Repositories);
