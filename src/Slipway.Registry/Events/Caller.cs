namespace Slipway.Registry.Events;

/// <summary>On whose behalf something happens, as events and the audit log name it.</summary>
/// <param name="Name">The account's name; "anonymous" where none was given.</param>
/// <param name="Address">The client's IP address, or null for the server's own work.</param>
/// <param name="UserAgent">As the client sent it, shortened.</param>
public sealed record Caller(string Name, string? Address = null, string? UserAgent = null)
{
    /// <summary>The server itself: builds, retention, replication.</summary>
    public static Caller Server { get; } = new("slipway");

    public static Caller Anonymous { get; } = new("anonymous");

    /// <summary>The one who sent a request.</summary>
    public static Caller Of(Microsoft.AspNetCore.Http.HttpContext context)
    {
        const int Longest = 256;
        var agent = context.Request.Headers.UserAgent.ToString();
        return new Caller(
            context.User.Identity is { IsAuthenticated: true, Name: { } name } ? name : Anonymous.Name,
            context.Connection.RemoteIpAddress?.ToString(),
            agent.Length == 0 ? null : agent.Length <= Longest ? agent : agent[..Longest]);
    }
}
