namespace Slipway.Model;

/// <summary>
/// What previews of an app may be; said by the <c>previews</c> of the file's own <c>x-release</c>. The one that holds is the live release's, never that of
/// the branch which is previewed: a stranger's pull request must not decide what it is given.
/// </summary>
public sealed record PreviewPolicy
{
    public const string DefaultHost = "{name}.{host}";

    /// <summary>The app has none.</summary>
    public bool Off { get; init; }

    /// <summary>From a host of the app to that of the preview: {name}, {host}, {service} and {app} stand for theirs.</summary>
    public string Host { get; init; } = DefaultHost;

    /// <summary>From a deploy to the removal, where nobody says otherwise.</summary>
    public TimeSpan Lasts { get; init; } = TimeSpan.FromDays(7);

    /// <summary>At once.</summary>
    public int Max { get; init; } = 20;

    /// <summary>Those that run in a preview, with what they depend on; empty: all.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>Over the environment of every service.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The most instances of a service.</summary>
    public int Scale { get; init; } = 1;

    /// <summary>Every secret is given as the file says.</summary>
    public bool AllSecrets { get; init; }

    /// <summary>Secrets that are given as the file says. In the place of each other one stands a random text of the preview's own.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>What is not the app's own and is shared all the same: external volumes and networks by their names, paths of this machine.</summary>
    public IReadOnlyList<string> Share { get; init; } = [];

    /// <summary>In place of that of the services.</summary>
    public BasicAuth? Auth { get; init; }

    /// <summary>Search engines may list it.</summary>
    public bool Index { get; init; }

    /// <summary>Certificates are ordered from the authority that is set, as for any other host; else they are the platform's own, or a given wildcard.</summary>
    public bool OrdersCertificates { get; init; }

    public bool Gives(string secret) => AllSecrets || Secrets.Contains(secret);
}
