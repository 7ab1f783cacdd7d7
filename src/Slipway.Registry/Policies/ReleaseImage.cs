using Slipway.Model;

namespace Slipway.Registry.Policies;

/// <summary>An image that is to be deployed.</summary>
public sealed record ReleaseImage
{
    /// <summary>As the person who deploys calls it: debian:bookworm-slim, or the service that is built.</summary>
    public required string Name { get; init; }

    /// <summary>What instances are started from: guestbook/web</summary>
    public required string Repository { get; init; }

    public required Digest Digest { get; init; }

    /// <summary>Other digests of the same image: what it was pulled by, before it was pushed to <see cref="Repository"/>. The engine answers for their being the same.</summary>
    public IReadOnlyList<Digest> OtherDigests { get; init; } = [];

    /// <summary>The registry that it came from, where that is another.</summary>
    public string? Upstream { get; init; }

    public string Place => $"{Repository}@{Digest}";
}

/// <summary>What an image lacks.</summary>
/// <param name="Found">"is unsigned", "has 2 signatures, none of which counts: ..."</param>
/// <param name="Required">What the policy asks for, and whose it is.</param>
/// <param name="Fix">What would help.</param>
public sealed record PolicyFinding(string Found, string Required, string Fix);
