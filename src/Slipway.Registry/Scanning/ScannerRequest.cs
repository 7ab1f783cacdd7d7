using Slipway.Model;

namespace Slipway.Registry.Scanning;

/// <summary>How the adapter is told who asks (Harbor's four ways).</summary>
public enum ScannerAuth
{
    None,

    /// <summary>User and password (RFC 7617).</summary>
    Basic,

    /// <summary>Authorization: Bearer SECRET.</summary>
    Bearer,

    /// <summary>X-ScannerAdapter-API-Key: SECRET.</summary>
    ApiKey,
}

/// <summary>The scanner adapter, as it is asked for.</summary>
public sealed record ScannerRequest
{
    /// <summary>Where its API is: http://127.0.0.1:8081, with or without /api/v1.</summary>
    public required string Url { get; init; }

    public ScannerAuth Auth { get; init; }

    /// <summary>For Basic.</summary>
    public string? User { get; init; }

    /// <summary>Password, token or key. Null: the stored one stays, as long as address, way and user do.</summary>
    public string? Secret { get; init; }

    /// <summary>How the adapter reaches this registry: https://registry.example.com. Null: the registry's public address, or the one that the server listens on.</summary>
    public string? RegistryUrl { get; init; }

    /// <summary>Tagged images whose report is older are scanned again, in seconds; 0: never. Null: 86,400.</summary>
    public long? RescanSeconds { get; init; }

    internal const long UsualRescan = 86_400, MaxRescan = 3650L * 86_400, MinRescan = 60;

    internal IEnumerable<Diagnostic> Check()
    {
        if (Address(Url) is null) yield return Wrong("url", Url, "is no address of an adapter", "a URL of http or https without user, query and fragment, for example http://127.0.0.1:8081");
        if (RegistryUrl is { } registry && (Address(registry) is not { AbsolutePath: "/" })) yield return Wrong("registryUrl", registry, "is no address of a registry", "a URL of http or https without path, as the adapter reaches it: https://registry.example.com");
        if (Auth == ScannerAuth.Basic && string.IsNullOrEmpty(User)) yield return new Diagnostic { Key = "user", Message = "Basic needs a user", Expected = "user and password" };
        if (Auth == ScannerAuth.Basic && User?.Contains(':', StringComparison.Ordinal) is true) yield return Wrong("user", User, "has a ':', which Basic can't send", "a name without it");
        if (Auth != ScannerAuth.Basic && User is not null) yield return Wrong("user", User, "is of no use without Basic", "auth Basic, or no user");
        if (Auth == ScannerAuth.None && Secret is not null) yield return new Diagnostic { Key = "secret", Message = "a secret is of no use without a way to send it", Expected = "auth Basic, Bearer or ApiKey" };
        if (Secret is { } secret && (secret.Length is 0 or > 8192 || secret.Any(char.IsControl))) yield return new Diagnostic { Key = "secret", Message = "the secret can't be sent in a header", Expected = "1 to 8,192 characters, no control characters" };
        if (RescanSeconds is { } seconds and not 0 && seconds is < MinRescan or > MaxRescan)
            yield return Wrong("rescanSeconds", $"{seconds}", "is no age at which images are scanned again", "0 for never, or 60 seconds to 10 years");
    }

    /// <summary>Null where it is no address of http.</summary>
    internal static Uri? Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url!.UserInfo.Length == 0 && url.Query.Length == 0 && url.Fragment.Length == 0 ? url : null;

    static Diagnostic Wrong(string key, string found, string what, string expected) => new() { Key = key, Message = $"'{(found.Contains('@', StringComparison.Ordinal) ? "(hidden)" : found)}' {what}", Expected = expected };
}

/// <summary>The scanner adapter and how it does.</summary>
public sealed record ScannerStatus
{
    public required string Url { get; init; }

    public required ScannerAuth Auth { get; init; }

    public string? User { get; init; }

    /// <summary>What the adapter is told to pull from.</summary>
    public required string RegistryUrl { get; init; }

    public required long RescanSeconds { get; init; }

    /// <summary>Trivy</summary>
    public required string Name { get; init; }

    public required string Vendor { get; init; }

    public required string Version { get; init; }

    /// <summary>Media types of manifests that it scans for vulnerabilities.</summary>
    public required IReadOnlyList<string> Consumes { get; init; }

    /// <summary>Media types of the reports that it makes of them.</summary>
    public required IReadOnlyList<string> Produces { get; init; }

    /// <summary>When its database of vulnerabilities was made, where it says so.</summary>
    public string? DatabaseUpdated { get; init; }

    /// <summary>Why it does not answer now; null where it does.</summary>
    public string? Error { get; init; }

    /// <summary>What will probably not work, though it was accepted.</summary>
    public string? Warning { get; init; }

    public long Queued { get; init; }

    public long Running { get; init; }

    public long Failed { get; init; }
}
