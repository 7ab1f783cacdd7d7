namespace Slipway.Engines.Docker;

/// <summary>One thing that the engine tells of a build.</summary>
public abstract record BuildMessage
{
    /// <summary>Progress of BuildKit: a protobuf message <c>moby.buildkit.v1.StatusResponse</c>.</summary>
    public sealed record Trace(ReadOnlyMemory<byte> StatusResponse) : BuildMessage;

    /// <summary>The image is there; its identifier (sha256:...). In every build that succeeds; traces may still follow.</summary>
    public sealed record Image(string Id) : BuildMessage;

    /// <summary>Text of the classic builder, in pieces as they come, line ends included.</summary>
    public sealed record Output(string Text) : BuildMessage;
}
