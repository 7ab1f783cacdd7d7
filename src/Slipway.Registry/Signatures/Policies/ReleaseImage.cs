using Slipway.Model;

namespace Slipway.Registry.Signatures.Policies;

/// <summary>An image that is to be deployed.</summary>
public sealed record ReleaseImage
{
    /// <summary>As the person who deploys calls it: debian:bookworm-slim, or the service that is built.</summary>
    public required string Name { get; init; }

    /// <summary>Where it stands in this registry, under one digest or another (the same image that was pushed twice); what it is deployed from first.</summary>
    public required IReadOnlyList<ImagePlace> Places { get; init; }

    /// <summary>The registry that it came from, where that is another.</summary>
    public string? Upstream { get; init; }
}

/// <param name="Repository">guestbook/web</param>
public sealed record ImagePlace(string Repository, Digest Digest)
{
    public override string ToString() => $"{Repository}@{Digest}";
}

/// <summary>What an image lacks.</summary>
/// <param name="Found">"is unsigned", "has 2 signatures, none of which is valid: ..."</param>
/// <param name="Required">What the policy asks for, and whose it is.</param>
/// <param name="Fix">What would help.</param>
public sealed record PolicyFinding(string Found, string Required, string Fix);
