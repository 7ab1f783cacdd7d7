using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Slipway.Registry.Auth;

/// <summary>
/// Names of accounts: users are <c>alice</c>; a robot is <c>shop+ci</c>, named by its project, or <c>robot+ci</c> where it belongs to none. '+' can't
/// stand in a user's name, needs no quotes in shells and YAML, and docker login takes it.
/// </summary>
public static partial class AccountName
{
    public const string UserRule = "1 to 64 of a-z, 0-9, '.', '_', '-', beginning with a letter or digit";

    /// <summary>What robots without a project begin with.</summary>
    public const string PlatformRobots = "robot";

    static readonly string[] Reserved = ["admin", "anonymous", "slipway"];

    public static bool IsUser([NotNullWhen(true)] string? text) => text is not null && User().IsMatch(text) && !Reserved.Contains(text);

    /// <summary>Robots alone have a '+' in their names.</summary>
    internal static bool IsRobot(string name) => name.Contains('+', StringComparison.Ordinal);

    public static bool IsReserved(string text) => Reserved.Contains(text);

    public static string Robot(string? project, string name) => $"{project ?? PlatformRobots}+{name}";

    [GeneratedRegex("^[a-z0-9][a-z0-9._-]{0,63}$", RegexOptions.CultureInvariant)]
    private static partial Regex User();
}
