using System.Diagnostics.CodeAnalysis;

namespace Slipway.Registry.Auth;

/// <summary>
/// What a client asks a token for (distribution, "Token Scope Documentation"): TYPE:NAME:ACTION,ACTION, for example repository:shop/web:pull,push. The
/// type may have a class in brackets, and the name colons of its own (a host's port), so it is read from both ends.
/// </summary>
readonly record struct TokenScope(string Type, string Name, IReadOnlyList<string> Actions)
{
    public const int MaxScopes = 64, MaxLength = 1024;

    public static bool TryParse([NotNullWhen(true)] string? text, out TokenScope scope)
    {
        scope = default;
        if (text is null || text.Length > MaxLength) return false;
        var (first, last) = (text.IndexOf(':', StringComparison.Ordinal), text.LastIndexOf(':'));
        if (first <= 0 || last <= first + 1) return false;
        var type = text[..first];
        if (type.IndexOf('(', StringComparison.Ordinal) is var bracket and > 0 && type[^1] == ')') type = type[..bracket];
        if (!type.All(char.IsAsciiLetterOrDigit)) return false;
        var actions = text[(last + 1)..].Split(',');
        if (actions.Any(action => action != "*" && !action.All(char.IsAsciiLetterLower))) return false;
        scope = new TokenScope(type, text[(first + 1)..last], [.. actions.Where(action => action.Length > 0).Distinct()]);
        return true;
    }

    /// <summary>What the words of the protocol mean here; '*' is what administering clients ask for.</summary>
    public RegistryActions Wanted()
    {
        var wanted = RegistryActions.None;
        foreach (var action in Actions)
            wanted |= action switch { "pull" => RegistryActions.Pull, "push" => RegistryActions.Push, "delete" => RegistryActions.Delete, "*" => RegistryActions.Pull | RegistryActions.Push | RegistryActions.Delete, _ => 0 };
        return wanted;
    }

    public static IReadOnlyList<string> Words(RegistryActions actions)
    {
        var words = new List<string>(3);
        if (actions.HasFlag(RegistryActions.Pull)) words.Add("pull");
        if (actions.HasFlag(RegistryActions.Push)) words.Add("push");
        if (actions.HasFlag(RegistryActions.Delete)) words.Add("delete");
        return words;
    }
}
