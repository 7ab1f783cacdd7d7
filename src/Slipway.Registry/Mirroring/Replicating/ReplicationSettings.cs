using System.Text.Json.Serialization;
using Slipway.Model;

namespace Slipway.Registry.Mirroring.Replicating;

[JsonConverter(typeof(JsonStringEnumConverter<ReplicationDirection>))]
public enum ReplicationDirection
{
    /// <summary>From here to the other registry.</summary>
    [JsonStringEnumMemberName("push")]
    Push,

    /// <summary>From the other registry to here.</summary>
    [JsonStringEnumMemberName("pull")]
    Pull,
}

/// <summary>A rule of replication, as an operator sets it up.</summary>
public sealed record ReplicationSettings
{
    public string Name { get; init; } = "";

    public required ReplicationDirection Direction { get; init; }

    /// <summary>Which repositories, by their names where they come from: guestbook/*, **.</summary>
    public required string Repository { get; init; }

    /// <summary>Which tags; *: all.</summary>
    public string Tag { get; init; } = "*";

    /// <summary>The other registry.</summary>
    public required string Remote { get; init; }

    /// <summary>Null: anonymous.</summary>
    public string? User { get; init; }

    /// <summary>Only when it is set: it is never shown again.</summary>
    public string? Password { get; init; }

    /// <summary>Put before the repositories' names where they go to: "backup" makes backup/guestbook/web.</summary>
    public string Destination { get; init; } = "";

    /// <summary>When it runs by the clock; null: not.</summary>
    public string? Schedule { get; init; }

    /// <summary>Soon after a push that matches; only where the direction is push.</summary>
    public bool OnPush { get; init; }

    /// <summary>What the rule once copied and is gone where it came from is removed where it went to.</summary>
    public bool Deletions { get; init; }

    /// <summary>Bytes a second; null: no limit.</summary>
    public long? Bandwidth { get; init; }

    /// <summary>Everything that is wrong with it.</summary>
    internal IReadOnlyList<Diagnostic> Check()
    {
        const int Slowest = 64 << 10;
        var wrong = new List<Diagnostic>();
        void Add(string key, string message, string? found, string expected) => wrong.Add(new Diagnostic { Key = key, Message = message, Found = found, Expected = expected });
        if (Name.Length is 0 or > 64 || !Name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_')) Add("name", $"'{Name}' is no name of a rule", Name, "1 to 64 of a-z, 0-9, '-' and '_'");
        if (NamePattern.TryParse(Repository) is null) Add("repository", $"'{Repository}' is no pattern", Repository, NamePattern.Rule);
        if (NamePattern.TryParse(Tag) is null) Add("tag", $"'{Tag}' is no pattern", Tag, NamePattern.Rule);
        if (!Client.RemoteRegistry.TryParse(Remote, out _)) Add("remote", $"'{Remote}' is no registry", Remote, Client.RemoteRegistry.Rule);
        if (User is null && Password is not null) Add("user", "there is a password without a user", null, "both or neither");
        if (Destination.Length > 0 && !Names.RepositoryName.TryParse(Destination.Trim('/'), out _)) Add("destination", $"'{Destination}' is no path of repositories", Destination, Names.RepositoryName.Rule);
        if (Schedule is not null && Replicating.Schedule.TryParse(Schedule) is null) Add("schedule", $"'{Schedule}' is no schedule", Schedule, Replicating.Schedule.Rule);
        if (OnPush && Direction == ReplicationDirection.Pull) Add("onPush", "a rule that pulls does not hear of pushes at the other registry", null, "a schedule");
        if (Bandwidth < Slowest) Add("bandwidth", $"{Bandwidth} bytes a second is too slow to end", null, $"at least {Slowest}");
        return wrong;
    }

    internal string DestinationOf(string repository) => Destination.Trim('/') is { Length: > 0 } prefix ? $"{prefix}/{repository}" : repository;
}
