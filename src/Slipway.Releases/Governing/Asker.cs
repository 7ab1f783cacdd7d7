namespace Slipway.Releases;

/// <summary>Who asks for something, as far as releases need to know him. What an account may do at all is decided before.</summary>
public sealed record Asker
{
    /// <summary>The account's name; null: nobody in particular.</summary>
    public string? Name { get; init; }

    /// <summary>The names of the roles that the account has on the app.</summary>
    public IReadOnlySet<string> Roles { get; init; } = new HashSet<string>();

    /// <summary>Goes on though the app is frozen. For administrators; it is recorded.</summary>
    public bool DespiteFreeze { get; init; }

    /// <summary>Goes past approvals that were not given. For administrators; it is recorded.</summary>
    public bool DespiteApprovals { get; init; }

    /// <summary>An account without roles.</summary>
    public static implicit operator Asker(string? name) => new() { Name = name };

    public static Asker FromString(string? name) => name;
}
