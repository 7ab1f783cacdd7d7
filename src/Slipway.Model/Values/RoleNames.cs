using System.Text.RegularExpressions;

namespace Slipway.Model;

/// <summary>Names of the roles that accounts have on apps, and that approvals ask for.</summary>
public static partial class RoleNames
{
    /// <summary>What is right, for messages.</summary>
    public const string Rule = "1 to 63 of a-z, 0-9 and '-', beginning with a letter";

    public static bool IsName(string text) => Name().IsMatch(text);

    [GeneratedRegex("^[a-z][a-z0-9-]{0,62}$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
