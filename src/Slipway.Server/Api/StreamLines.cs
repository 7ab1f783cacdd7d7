using Slipway.Model;

namespace Slipway.Server.Api;

/// <summary>One line of <c>GET /api/v1/rollouts/{id}/events</c>.</summary>
/// <param name="Index">From 0; ask with <c>from</c> one higher to go on after it.</param>
public sealed record JournalEntry(long Index, RolloutEvent Event);

/// <summary>One line of <c>POST /api/v1/base-images</c>: notes while it goes on, then the image or the error.</summary>
public sealed record BaseImageLine
{
    public string? Note { get; init; }

    /// <summary>Where the image stands in our registry: base/docker.io/library/debian:bookworm-slim. The last line.</summary>
    public string? Image { get; init; }

    /// <summary>Why it could not be got. The last line.</summary>
    public Problem? Error { get; init; }
}

/// <summary>One entry of <c>GET /api/v1/base-images</c>.</summary>
public sealed record BaseImageStatus
{
    /// <summary>As a Dockerfile's FROM names it: debian:bookworm-slim.</summary>
    public required string Name { get; init; }

    /// <summary>Where it stands in our registry: base/docker.io/library/debian:bookworm-slim</summary>
    public required string Image { get; init; }
}

/// <summary><c>GET /readyz</c></summary>
public sealed record Readiness(bool Ready, IReadOnlyList<ReadinessCheck> Checks);

/// <param name="Name">database, store or engine.</param>
/// <param name="Required">False: the server can do most of its work without it.</param>
public sealed record ReadinessCheck(string Name, bool Ok, bool Required, string? Detail);
