using System.Security.Claims;

namespace Slipway.Registry.Auth;

/// <summary>Who has sent a request, and what he may do. Immutable and kept between requests.</summary>
public sealed class Identity
{
    /// <summary>The role claim of an administrator.</summary>
    public const string AdminRole = "admin";

    public Identity(string name, Rights rights, string kind)
    {
        (Name, Rights, Kind) = (name, rights, kind);
        var claims = new List<Claim> { new(ClaimTypes.Name, name) };
        if (rights.IsAdmin) claims.Add(new Claim(ClaimTypes.Role, AdminRole));
        Principal = new ClaimsPrincipal(kind == "anonymous" ? new ClaimsIdentity() : new ClaimsIdentity(claims, "Slipway"));
    }

    /// <summary>Whom the tokens of a scanner are made for: no account, and no name that an account can have.</summary>
    public const string ScannerName = "slipway/scanner";

    public static Identity Anonymous { get; } = new("anonymous", Rights.None, "anonymous");

    /// <summary>The holder of the platform's own admin token.</summary>
    public static Identity Admin { get; } = new("admin", Rights.Admin, "user");

    public string Name { get; }

    public Rights Rights { get; }

    /// <summary>"user", "robot", "scanner" or "anonymous".</summary>
    public string Kind { get; }

    public bool IsAnonymous => Kind == "anonymous";

    public ClaimsPrincipal Principal { get; }

    /// <summary>For a token: the repositories that it was asked for, so that asking for another one can't bring more.</summary>
    internal IReadOnlySet<string>? Asked { get; init; }

    /// <summary>For a token that may read the catalog: the rights by which repositories are in it.</summary>
    internal Rights? Listed { get; init; }

    /// <summary>Where a token was what it came by.</summary>
    public bool ByToken => Asked is not null;
}
