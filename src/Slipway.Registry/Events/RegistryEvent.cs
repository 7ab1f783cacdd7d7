namespace Slipway.Registry.Events;

/// <summary>Something that happened in the registry, stored in the same transaction: what the audit log shows and what notifications tell.</summary>
public sealed record RegistryEvent
{
    /// <summary>Ascending in the order of commits; 0 before it is stored.</summary>
    public long Id { get; init; }

    public DateTimeOffset Time { get; init; }

    /// <summary>What was done: "push", "pull", "mount", "delete", "scan"; for rights and settings "create", "change", "delete".</summary>
    public required string Action { get; init; }

    /// <summary>What it was done to: "manifest", "blob", "tag", "repository", or the kind of a setting ("account", "project" ...).</summary>
    public required string Target { get; init; }

    public string? Repository { get; init; }

    public string? Digest { get; init; }

    public string? Tag { get; init; }

    public string? MediaType { get; init; }

    /// <summary>Bytes of the manifest or blob.</summary>
    public long? Size { get; init; }

    /// <summary>What else is worth knowing, for people: the account's name, the rule, the old and the new role.</summary>
    public string? Detail { get; init; }

    /// <summary>Who did it, and from where; set when it is recorded, as are time and identifier.</summary>
    public string Actor { get; init; } = "";

    public string? Address { get; init; }

    public string? UserAgent { get; init; }
}
