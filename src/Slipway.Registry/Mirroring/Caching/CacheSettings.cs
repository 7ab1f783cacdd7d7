using Slipway.Model;

namespace Slipway.Registry.Mirroring.Caching;

/// <summary>A project that is a cache of another registry, as an operator sets it up.</summary>
public sealed record CacheSettings
{
    public static TimeSpan UsualTagLifetime { get; } = TimeSpan.FromMinutes(10);

    /// <summary>The first segment of the images' names here: "hub" makes hub/library/debian.</summary>
    public required string Project { get; init; }

    /// <summary>The registry that it is a cache of, as <see cref="Client.RemoteRegistry.Rule"/> says.</summary>
    public required string Upstream { get; init; }

    /// <summary>Null: anonymous.</summary>
    public string? User { get; init; }

    /// <summary>Only when it is set: it is never shown again.</summary>
    public string? Password { get; init; }

    /// <summary>How long a tag is served without asking whether it has moved. 0: asked each time.</summary>
    public TimeSpan TagLifetime { get; init; } = UsualTagLifetime;

    /// <summary>Repositories there that may be had through the cache; none: all.</summary>
    public IReadOnlyList<string> Allowed { get; init; } = [];

    /// <summary>Images of one's own may be pushed into it too.</summary>
    public bool AllowPush { get; init; }

    /// <summary>Everything that is wrong with it.</summary>
    internal IReadOnlyList<Diagnostic> Check()
    {
        var wrong = new List<Diagnostic>();
        if (!Names.RepositoryName.TryParse(Project, out _) || Project.Contains('/', StringComparison.Ordinal))
            wrong.Add(new Diagnostic { Key = "project", Message = $"'{Project}' is no project", Found = Project, Expected = "one segment of a-z and 0-9, inside it '.', '_' or '-'" });
        if (!Client.RemoteRegistry.TryParse(Upstream, out _))
            wrong.Add(new Diagnostic { Key = "upstream", Message = $"'{Upstream}' is no registry", Found = Upstream, Expected = Client.RemoteRegistry.Rule });
        if (User is null != Password is null && Password is not null)
            wrong.Add(new Diagnostic { Key = "user", Message = "there is a password without a user", Expected = "both or neither" });
        if (TagLifetime < TimeSpan.Zero || TagLifetime > TimeSpan.FromDays(3650))
            wrong.Add(new Diagnostic { Key = "tagLifetime", Message = $"'{TagLifetime}' is no lifetime of tags", Expected = "0 to 10 years" });
        foreach (var pattern in Allowed.Where(pattern => NamePattern.TryParse(pattern) is null))
            wrong.Add(new Diagnostic { Key = "allowed", Message = $"'{pattern}' is no pattern", Found = pattern, Expected = NamePattern.Rule });
        return wrong;
    }
}
