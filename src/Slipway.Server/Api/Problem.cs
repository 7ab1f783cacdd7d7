using Slipway.Model;

namespace Slipway.Server.Api;

/// <summary>What every error of the API looks like: RFC 9457, application/problem+json.</summary>
public sealed record Problem
{
    public const string MediaType = "application/problem+json";

    /// <summary>about:blank: the status says it all (RFC 9457, section 4.2.1).</summary>
    public string Type { get; init; } = "about:blank";

    public required string Title { get; init; }

    public required int Status { get; init; }

    /// <summary>What is wrong and what to do about it, for people.</summary>
    public string? Detail { get; init; }

    /// <summary>With bad input: every error found, with its place.</summary>
    public IReadOnlyList<Diagnostic>? Diagnostics { get; init; }
}
