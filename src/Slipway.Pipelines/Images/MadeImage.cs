using Slipway.Engines;

namespace Slipway.Pipelines.Images;

/// <summary>A service's image, in our registry and on the engine.</summary>
public sealed record MadeImage
{
    /// <summary>Repository and digest in our registry: guestbook/web@sha256:...</summary>
    public required string Image { get; init; }

    /// <summary>What it exposes, and its identifier on the engine.</summary>
    public required ImageFacts Facts { get; init; }
}
