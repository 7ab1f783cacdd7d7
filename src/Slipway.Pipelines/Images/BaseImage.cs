namespace Slipway.Pipelines.Images;

/// <summary>A base image that our registry has.</summary>
/// <param name="Name">What a Dockerfile calls it: debian:bookworm-slim</param>
/// <param name="Image">Where it stands in our registry: base/docker.io/library/debian:bookworm-slim</param>
public sealed record BaseImage(string Name, string Image);
