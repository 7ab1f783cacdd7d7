namespace Slipway.Registry.Auth;

/// <summary>What can be done in the registry.</summary>
[Flags]
public enum RegistryActions
{
    None = 0,
    Pull = 1,
    Push = 2,
    Delete = 4,

    /// <summary>Rules, members and robots of a project.</summary>
    Manage = 8,
    All = Pull | Push | Delete | Manage,
}

/// <summary>What a member may do in a project.</summary>
public enum ProjectRole
{
    /// <summary>Pull.</summary>
    Viewer,

    /// <summary>Pull and push.</summary>
    Developer,

    /// <summary>Everything: also delete, rules, members, robots.</summary>
    Maintainer,
}

public static class Roles
{
    public static RegistryActions Actions(this ProjectRole role) => role switch
    {
        ProjectRole.Viewer => RegistryActions.Pull,
        ProjectRole.Developer => RegistryActions.Pull | RegistryActions.Push,
        _ => RegistryActions.All,
    };
}
