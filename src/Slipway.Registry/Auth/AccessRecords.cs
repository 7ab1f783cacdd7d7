namespace Slipway.Registry.Auth;

/// <summary>A user, as lists show him.</summary>
public sealed record AccountStatus
{
    public required string Name { get; init; }

    public bool Admin { get; init; }

    public bool Disabled { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Role by project.</summary>
    public IReadOnlyDictionary<string, ProjectRole> Projects { get; init; } = new Dictionary<string, ProjectRole>();
}

/// <summary>A user that is to be.</summary>
public sealed record AccountRequest
{
    public required string Name { get; init; }

    /// <summary>10 to 256 characters.</summary>
    public required string Password { get; init; }

    public bool Admin { get; init; }
}

/// <summary>What is to change of a user; what is null stays.</summary>
public sealed record AccountChange
{
    public string? Password { get; init; }

    public bool? Admin { get; init; }

    public bool? Disabled { get; init; }
}

/// <summary>Actions on the repositories that a pattern names.</summary>
public sealed record RobotScope
{
    /// <summary>See <see cref="ScopePattern"/>.</summary>
    public required string Repositories { get; init; }

    /// <summary>Some of pull, push, delete, manage.</summary>
    public required IReadOnlyList<string> Actions { get; init; }
}

/// <summary>A robot that is to be.</summary>
public sealed record RobotRequest
{
    /// <summary>Without what stands before its '+'.</summary>
    public required string Name { get; init; }

    /// <summary>The project that it belongs to, whose maintainers look after it; null: the platform's.</summary>
    public string? Project { get; init; }

    /// <summary>What it may do; empty: pull from its project.</summary>
    public IReadOnlyList<RobotScope> Scopes { get; init; } = [];

    /// <summary>When it ends; null: never.</summary>
    public DateTimeOffset? Expires { get; init; }
}

/// <summary>A robot, as lists show it.</summary>
public sealed record RobotStatus
{
    /// <summary>The whole name, which is its user name: shop+ci.</summary>
    public required string Name { get; init; }

    public string? Project { get; init; }

    public required IReadOnlyList<RobotScope> Scopes { get; init; }

    public DateTimeOffset? Expires { get; init; }

    public bool Disabled { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Only in the answer to its creation and to a rotation.</summary>
    public string? Secret { get; init; }
}

/// <summary>A project: the first segment of its repositories' names.</summary>
public sealed record ProjectStatus
{
    public required string Name { get; init; }

    /// <summary>Everybody may pull from it.</summary>
    public bool Public { get; init; }

    public long Repositories { get; init; }

    public IReadOnlyList<ProjectMember> Members { get; init; } = [];
}

public sealed record ProjectMember(string Account, ProjectRole Role);

/// <summary>What an account may do, as it asks itself.</summary>
public sealed record WhoAmI(string Name, string Kind, bool Admin, IReadOnlyList<RobotScope> Rights);
