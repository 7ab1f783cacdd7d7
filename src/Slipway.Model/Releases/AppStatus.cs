namespace Slipway.Model;

/// <summary>What is true of an app now, for people: <c>GET /api/v1/apps/{app}</c>.</summary>
public sealed record AppStatus
{
    public required AppName App { get; init; }

    /// <summary>Number of the live release, or null before the first.</summary>
    public int? Live { get; init; }

    /// <summary>The release in each slot that runs there (live, staged or warm).</summary>
    public IReadOnlyDictionary<string, int> Slots { get; init; } = new Dictionary<string, int>();

    /// <summary>Where the live release is reached, for example http://web.guestbook.localhost/</summary>
    public IReadOnlyList<string> Urls { get; init; } = [];

    /// <summary>Where the staged release is reached, if there is one.</summary>
    public IReadOnlyList<string> PreviewUrls { get; init; } = [];

    public required IReadOnlyList<ServiceStatus> Services { get; init; }

    /// <summary>The rollout that is going on, or the last one that ended.</summary>
    public Rollout? Rollout { get; init; }

    /// <summary>Not null: it is a preview of another app.</summary>
    public PreviewStatus? Preview { get; init; }

    /// <summary>Not null: every request is answered with it (<c>slipway maintenance</c>).</summary>
    public Maintenance? Maintenance { get; init; }

    /// <summary>Not null: nothing new begins, the app being frozen, or the whole platform (<c>slipway freeze</c>).</summary>
    public Freeze? Freeze { get; init; }

    /// <summary>A command that makes sense next: slipway promote guestbook.</summary>
    public string? Next { get; init; }
}

/// <summary>A service of the live release (or of the staged one, where nothing is live yet).</summary>
public sealed record ServiceStatus
{
    public required string Service { get; init; }

    /// <summary>The release that brought its workload in.</summary>
    public required int Release { get; init; }

    public required int Replicas { get; init; }

    public required int Ready { get; init; }

    public required string Image { get; init; }

    /// <summary>Not null: no container runs, the gateway serves the files below this folder of the image.</summary>
    public string? Files { get; init; }

    public IReadOnlyList<string> Urls { get; init; } = [];
}

/// <summary>One release in an app's history: <c>GET /api/v1/apps/{app}/releases</c>.</summary>
public sealed record ReleaseStatus
{
    public required int Number { get; init; }

    public required Standing Standing { get; init; }

    public required Slot Slot { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Repository and digest of each service's image.</summary>
    public required IReadOnlyDictionary<string, string> Images { get; init; }

    /// <summary>Services whose workload this release brought in; the others were carried over from earlier ones.</summary>
    public required IReadOnlyList<string> Changed { get; init; }

    public string? Note { get; init; }

    /// <summary>The account that deployed it; null where it was made before that was kept.</summary>
    public string? By { get; init; }

    /// <summary>The git commit that it was made from, and its subject.</summary>
    public string? Commit { get; init; }

    public string? Subject { get; init; }

    /// <summary>There were changes that the commit doesn't have.</summary>
    public bool Dirty { get; init; }

    /// <summary>Of the rollout that made it.</summary>
    public RolloutState? State { get; init; }

    /// <summary>How long that took, or has been going on.</summary>
    public TimeSpan? Took { get; init; }
}
