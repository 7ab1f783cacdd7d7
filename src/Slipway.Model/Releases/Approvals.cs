namespace Slipway.Model;

/// <summary>Who may let a release go on past an approval: <c>{approve: {by: release-managers, count: 2, not-author: true}}</c>.</summary>
public sealed record ApprovalRule
{
    /// <summary>A role that the account must have on the app; null: any account that may deploy it, or give approvals.</summary>
    public string? By { get; init; }

    /// <summary>So many different people.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Nobody approves what he has deployed himself.</summary>
    public bool NotAuthor { get; init; }

    /// <summary>It asks for more than one person with rights, so that it can't be passed over.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsStrict => By is not null || Count > 1 || NotAuthor;

    /// <summary>In words: 2 approvals by release-managers, not of the person who deployed it.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Wanted =>
        (Count > 1 ? $"{Count} approvals" : "an approval") + (By is { } role ? $" by {role}" : "") + (NotAuthor ? ", not of the person who deployed it" : "");
}

/// <summary>One of the approvals that a step asks for.</summary>
public sealed record Approval(string By, DateTimeOffset At);

/// <summary>What a release waits for before it gets its first request. Of a canary's steps it says nothing: those have approvals of their own.</summary>
public sealed record ReleaseGate
{
    /// <summary>What it waits for; null: nothing, or nothing any more.</summary>
    public ApprovalRule? Asks { get; init; }

    /// <summary>Those that were given of it.</summary>
    public IReadOnlyList<Approval> Approvals { get; init; } = [];

    /// <summary>The rules that it is past.</summary>
    public IReadOnlyList<ApprovedRule> Met { get; init; } = [];
}

/// <summary>A rule and the approvals that were given for it.</summary>
public sealed record ApprovedRule(ApprovalRule Rule, IReadOnlyList<Approval> Approvals);
