namespace Slipway.Registry.Storage.Swift;

/// <summary>
/// A container of OpenStack Swift. One credential of three: <see cref="User"/> with <see cref="Password"/> at a v1 address ("http://HOST/auth/v1.0"), the same
/// with <see cref="Project"/> at Keystone v3 ("http://HOST:5000/v3"), or an application credential at Keystone v3.
/// </summary>
public sealed record SwiftOptions : StorageOptions
{
    /// <summary>Where a token is had. Ends in /v3: Keystone; anything else: v1.</summary>
    public required Uri AuthUrl { get; init; }

    /// <summary>For v1 as "ACCOUNT:USER".</summary>
    public string? User { get; init; }

    public string? Password { get; init; }

    /// <summary>Name of the domain in which Keystone knows the user.</summary>
    public string UserDomain { get; init; } = "Default";

    /// <summary>Name of the project whose account holds the container.</summary>
    public string? Project { get; init; }

    /// <summary>The user's domain where null.</summary>
    public string? ProjectDomain { get; init; }

    public string? ApplicationCredentialId { get; init; }

    public string? ApplicationCredentialSecret { get; init; }

    /// <summary>Of Keystone's catalog; may be null where the catalog has one object store only.</summary>
    public string? Region { get; init; }

    /// <summary>Which of the catalog's addresses: public, internal or admin.</summary>
    public string Interface { get; init; } = "public";

    /// <summary>Must exist.</summary>
    public required string Container { get; init; }

    /// <summary>Before every name, without slashes at the ends; empty: none. Other programs may have the rest of the container.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>The container's or the account's X-…-Meta-Temp-URL-Key; needed for <see cref="StorageOptions.Redirect"/>.</summary>
    public string? TempUrlKey { get; init; }

    /// <summary>How long the service may keep still. Default: 60 seconds; publishing asks it to look at each segment.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Buffers of 8 MiB of all uploads together; one that finds none waits. Default: 16, which is 128 MiB.</summary>
    public int Buffers { get; init; } = 16;

    public override string Place => $"swift container {Container} by way of {AuthUrl.GetLeftPart(UriPartial.Path).TrimEnd('/')}{(Prefix.Length > 0 ? $", prefix {Prefix}" : "")}";

    /// <summary>Bytes of a segment, the last one excepted.</summary>
    internal int Segment { get; init; } = 8 << 20;

    /// <summary>So many segments are put together under a manifest of their own, which then counts as one: the cluster's limit of 1,000 in a manifest is not reached below 800 GiB.</summary>
    internal int Group { get; init; } = 128;

    /// <summary>Names asked for in one listing; 10,000 are the most that Swift gives.</summary>
    internal int Page { get; init; } = 10_000;

    /// <summary>The pause before the second attempt; it doubles, and a random part of it is left out.</summary>
    internal TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    internal bool IsKeystone => AuthUrl.AbsolutePath.TrimEnd('/').EndsWith("/v3", StringComparison.Ordinal);

    /// <summary>Everything that is wrong with them, each as "key: what, and what would be right"; empty where nothing is.</summary>
    public IEnumerable<string> Errors()
    {
        if (!AuthUrl.IsAbsoluteUri || AuthUrl.Scheme is not ("http" or "https")) yield return $"authUrl: '{AuthUrl}' is no address; https://keystone.example.com:5000/v3 would be one.";
        else
        {
            var isApplication = ApplicationCredentialId is not null || ApplicationCredentialSecret is not null;
            if (isApplication && !IsKeystone) yield return $"authUrl: '{AuthUrl}' is not Keystone's v3, which application credentials need; the address ends in /v3.";
            if (isApplication && (ApplicationCredentialId is null || ApplicationCredentialSecret is null)) yield return "applicationCredentialId: an application credential is 'applicationCredentialId' and 'applicationCredentialSecret' together.";
            if (isApplication && (User is not null || Password is not null)) yield return "user: several credentials are given; give 'user' and 'password', or an application credential.";
            if (!isApplication && (User is null || Password is null)) yield return "user: no credential is given; give 'user' and 'password', or 'applicationCredentialId' and 'applicationCredentialSecret'.";
            if (!isApplication && IsKeystone && Project is null) yield return "project: it is missing; Keystone gives tokens for a project, whose account holds the container.";
            if (!IsKeystone && Project is not null) yield return $"authUrl: '{AuthUrl}' is not Keystone's v3, which knows projects; the address ends in /v3.";
        }
        if (Container.Length is 0 or > 256 || Container.Contains('/', StringComparison.Ordinal)) yield return $"container: '{Container}' is no name of a container; it has 1 to 256 bytes, and no slash.";
        if (Prefix.StartsWith('/') || Prefix.EndsWith('/')) yield return $"prefix: '{Prefix}' has a slash at an end; leave it out.";
        if (Interface is not ("public" or "internal" or "admin")) yield return $"interface: '{Interface}' is none; give public, internal or admin.";
        if (Redirect && TempUrlKey is null) yield return "redirect: addresses for clients are signed with a key that the container has too; give it as 'tempUrlKey', or leave 'redirect' out.";
    }

    internal override IBlobStore Open() => new SwiftBlobStore(this);
}
