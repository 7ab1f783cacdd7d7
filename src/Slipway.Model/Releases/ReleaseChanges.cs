namespace Slipway.Model;

/// <summary>What a release was made from, and what it changed against the release that was live then. Immutable.</summary>
public sealed record ReleaseChanges
{
    /// <summary>The rollout that made it.</summary>
    public required long Rollout { get; init; }

    /// <summary>The account that deployed it.</summary>
    public string? By { get; init; }

    /// <summary>The release that was live; null for an app's first.</summary>
    public int? From { get; init; }

    /// <summary>Null where its folder is no git work tree, or no git is there to be asked.</summary>
    public GitFacts? Git { get; init; }

    /// <summary>Images, environment, mounts ... in the words of the Compose file; secrets are masked. At most 500.</summary>
    public IReadOnlyList<ModelChange> Changes { get; init; } = [];
}

/// <summary>The state of a git work tree at a deploy.</summary>
public sealed record GitFacts
{
    /// <summary>The whole hash.</summary>
    public required string Commit { get; init; }

    public string? Subject { get; init; }

    /// <summary>Null with a detached head.</summary>
    public string? Branch { get; init; }

    /// <summary>There were changes in the folder that no commit has: the release is not what the commit says.</summary>
    public bool Dirty { get; init; }

    /// <summary>The remote's URL, without user and password.</summary>
    public string? Remote { get; init; }

    /// <summary>The commit of the release that was live; null where it has none, or this repository doesn't know it.</summary>
    public string? Since { get; init; }

    /// <summary>The commits since then that touch the folder, newest first; at most 50.</summary>
    public IReadOnlyList<GitCommit> Commits { get; init; } = [];

    /// <summary>There are more than those.</summary>
    public bool HasMore { get; init; }

    /// <summary>Commits of the live release that this one is without: it is older, or of another branch.</summary>
    public int Without { get; init; }
}

/// <param name="Hash">Whole.</param>
/// <param name="Subject">The first line, cut at 200 characters.</param>
public sealed record GitCommit(string Hash, string Subject, string? Author, DateTimeOffset Time);
