namespace Slipway.Cli.Rendering;

/// <summary>Which of a build's steps people know from their Dockerfile.</summary>
static class BuildSteps
{
    /// <summary>
    /// BuildKit's own: reading the Dockerfile and the images' names ([internal] ...), and taking over the context that was sent to it.
    /// They are shown while they last, and where they fail.
    /// </summary>
    public static bool IsInternal(string name) => name.StartsWith("[internal] ", StringComparison.Ordinal) || name == "copy /context /";

    /// <summary>What a step does, in a person's words where the engine's own say nothing.</summary>
    public static string NameOf(string name) => name == "copy /context /" ? "taking over the folder" : Readable.Line(name);
}
