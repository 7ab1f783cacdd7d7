namespace Slipway.Registry.Mirroring.Replicating;

/// <summary>A rule as it is stored.</summary>
sealed record ReplicationRow
{
    public const string Columns = "id, name, direction, repository, tag, remote, username, secret, destination, schedule, on_push, deletions, bandwidth, event, due";

    public long Id { get; init; }

    public string Name { get; init; } = "";

    public string Direction { get; init; } = "";

    public string Repository { get; init; } = "";

    public string Tag { get; init; } = "";

    public string Remote { get; init; } = "";

    public string? Username { get; init; }

    public byte[]? Secret { get; init; }

    public string Destination { get; init; } = "";

    public string? Schedule { get; init; }

    public bool OnPush { get; init; }

    public bool Deletions { get; init; }

    public long? Bandwidth { get; init; }

    /// <summary>The last event that was looked at.</summary>
    public long Event { get; init; }

    public string? Due { get; init; }

    /// <summary>Without the password.</summary>
    public ReplicationSettings Settings() => new()
    {
        Name = Name,
        Direction = Direction == "pull" ? ReplicationDirection.Pull : ReplicationDirection.Push,
        Repository = Repository,
        Tag = Tag,
        Remote = Remote,
        User = Username,
        Destination = Destination,
        Schedule = Schedule,
        OnPush = OnPush,
        Deletions = Deletions,
        Bandwidth = Bandwidth,
    };
}
