namespace Slipway.Model;

/// <summary>While it is in force nothing new begins: no deploy, promote or scale. Going back is always allowed.</summary>
public sealed record Freeze
{
    public required DateTimeOffset Since { get; init; }

    /// <summary>What people read who are refused.</summary>
    public required string Reason { get; init; }

    /// <summary>The account that asked for it.</summary>
    public string? By { get; init; }

    /// <summary>When it ends by itself; null: when somebody lifts it.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>It is the whole platform's, not one app's.</summary>
    public bool Platform { get; init; }

    public bool IsInForce(DateTimeOffset now) => Until is not { } until || now < until;
}
