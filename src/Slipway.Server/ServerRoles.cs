using Slipway.Model;

namespace Slipway.Server;

/// <summary>What a server does. Several servers on one database may do different things.</summary>
[Flags]
public enum ServerRoles
{
    None = 0,

    /// <summary>Apps: builds, rollouts, the engine. One server at a time leads; others stand by.</summary>
    Control = 1,

    /// <summary>The registry at /v2/, and what is administered of it. Any number of servers at a time.</summary>
    Registry = 2,

    All = Control | Registry,
}

/// <summary>What this server does, for its own parts.</summary>
sealed record Roles(ServerRoles Value);

/// <summary>Roles as people write them.</summary>
public static class ServerRolesText
{
    /// <param name="text">control,registry</param>
    /// <param name="key">The option or key that it is the value of.</param>
    /// <exception cref="InvalidInputException">One of them is no role, or there is none.</exception>
    public static ServerRoles Parse(string text, string key)
    {
        var roles = ServerRoles.None;
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            roles |= word switch
            {
                "control" => ServerRoles.Control,
                "registry" => ServerRoles.Registry,
                _ => throw new InvalidInputException(new Diagnostic { Message = $"'{word}' is no role of a server", Key = key, Found = word, Expected = "control, registry, or both with a comma between" }),
            };
        }
        // A server that runs apps pushes every image into its own registry.
        return roles.HasFlag(ServerRoles.Registry) ? roles : throw new InvalidInputException(new Diagnostic
        {
            Message = "a server with the role 'control' has the role 'registry' too, because it pushes the apps' images into its own", Key = key, Found = text, Expected = "registry, or control,registry",
        });
    }

    public static IReadOnlyList<string> Names(this ServerRoles roles) =>
        [.. ((ServerRoles[])[ServerRoles.Control, ServerRoles.Registry]).Where(role => roles.HasFlag(role)).Select(role => role.ToString().ToLowerInvariant())];
}
