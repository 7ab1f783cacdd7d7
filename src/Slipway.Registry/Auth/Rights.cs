using Slipway.Registry.Names;

namespace Slipway.Registry.Auth;

/// <summary>What a caller may do, whatever is public. Immutable; asked on every request, so it allocates nothing.</summary>
public sealed class Rights
{
    readonly Grant[] _grants;

    public Rights(IEnumerable<Grant> grants) => _grants = [.. grants];

    public static Rights None { get; } = new([]);

    /// <summary>Everything, the platform's own settings too.</summary>
    public static Rights Admin { get; } = new([new Grant(ScopePattern.All, RegistryActions.All)]) { IsAdmin = true };

    public bool IsAdmin { get; private init; }

    public IReadOnlyList<Grant> Grants => _grants;

    /// <summary>As people and lists name them.</summary>
    public IReadOnlyList<RobotScope> Described => [.. _grants.Select(Robots.Scope)];

    public RegistryActions On(string repository)
    {
        var actions = RegistryActions.None;
        foreach (var grant in _grants)
            if (grant.Pattern.Covers(repository)) actions |= grant.Actions;
        return actions;
    }

    internal RegistryActions On(RepositoryName repository) => On(repository.Value);

    public bool May(string repository, RegistryActions actions) => (On(repository) & actions) == actions;

    /// <summary>Whether a pattern's repositories are all within these rights, so that whoever has them may give them away.</summary>
    public bool May(ScopePattern pattern, RegistryActions actions)
    {
        var had = RegistryActions.None;
        foreach (var grant in _grants)
            if (grant.Pattern.Covers(pattern)) had |= grant.Actions;
        return (had & actions) == actions;
    }
}

/// <summary>Actions on the repositories that a pattern names.</summary>
public readonly record struct Grant(ScopePattern Pattern, RegistryActions Actions);
