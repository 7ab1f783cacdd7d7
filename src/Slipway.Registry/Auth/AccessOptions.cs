namespace Slipway.Registry.Auth;

/// <summary>Who is let in how. A registry without these options asks nobody for anything: that is for hosts which do that themselves, and for tests.</summary>
public sealed record AccessOptions
{
    /// <summary>The platform's own admin token: the password of the user "admin", or a bearer token.</summary>
    public required Func<string> AdminToken { get; init; }

    /// <summary>How long a token of ours is good. Default: 5 minutes, so that what was taken away is away soon.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a refresh token ("identity token" of docker login) is good. Default: 90 days.</summary>
    public TimeSpan RefreshLifetime { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How far clocks may differ. Default: one minute.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a verified credential is believed without looking again. Changes on this server end it at once. Default: 30 s.</summary>
    public TimeSpan Remember { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Wrong passwords of one account from one address within a minute; then 429 until a minute has passed. Default: 10.</summary>
    public int MaxFailures { get; init; } = 10;

    /// <summary>How long the audit log is kept. Default: one year.</summary>
    public TimeSpan KeepAudit { get; init; } = TimeSpan.FromDays(365);
}
