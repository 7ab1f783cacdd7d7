using Slipway.Model;

namespace Slipway.Server.Members;

/// <summary>What may be done with an app.</summary>
[Flags]
public enum AppActions
{
    None = 0,

    /// <summary>State, releases, rollouts, events, logs; no environment of a release.</summary>
    View = 1,

    /// <summary>Give approvals that ask for nobody in particular, or for one's own role.</summary>
    Approve = 2,

    /// <summary>Deploy, promote, pause, resume, abort, roll back, scale, maintenance; and see what a release's containers are given.</summary>
    Deploy = 4,

    /// <summary>Freeze and unfreeze, members, removal; and go on despite a freeze or an approval.</summary>
    Manage = 8,
}

/// <summary>
/// The roles that an account may have on an app. Four are fixed; any other name is one that the file's approvals may ask for, and lets see and approve.
/// </summary>
public static class AppRole
{
    public const string Viewer = "viewer", Approver = "approver", Deployer = "deployer", Admin = "admin";

    public const string Rule = $"viewer, approver, deployer, admin, or a name of your own that approvals ask for: {RoleNames.Rule}";

    public static AppActions Actions(string role) => role switch
    {
        Viewer => AppActions.View,
        Deployer => AppActions.View | AppActions.Approve | AppActions.Deploy,
        Admin => AppActions.View | AppActions.Approve | AppActions.Deploy | AppActions.Manage,
        _ => AppActions.View | AppActions.Approve,
    };

    /// <summary>The least role that may do it, for messages.</summary>
    public static string For(AppActions actions) =>
        actions.HasFlag(AppActions.Manage) ? Admin : actions.HasFlag(AppActions.Deploy) ? Deployer : actions.HasFlag(AppActions.Approve) ? Approver : Viewer;
}
