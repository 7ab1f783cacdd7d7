using System.Text;
using Slipway.Model;

namespace Slipway.Pipelines.Images.Dockerfiles;

/// <summary>What has to be known of a Dockerfile before its build: the images that it needs. The engine reads it again, and has the last word.</summary>
internal sealed class Dockerfile
{
    internal Dockerfile(string text, string file, IReadOnlyList<Instruction> instructions, IReadOnlyList<ImageUse> images, ImageUse? syntax)
    {
        (Text, File, Instructions, Images, Syntax) = (text, file, instructions, images, syntax);
    }

    public string Text { get; }

    /// <summary>Where it is from, for errors.</summary>
    public string File { get; }

    public IReadOnlyList<Instruction> Instructions { get; }

    /// <summary>Every image that the target's stages need, once, in the order of the file. Neither stages nor scratch are among them.</summary>
    public IReadOnlyList<ImageUse> Images { get; }

    /// <summary>The frontend that <c># syntax=</c> asks for; the engine has one of its own.</summary>
    public ImageUse? Syntax { get; }

    /// <param name="target">The stage that is built, by name or number; null is the last.</param>
    /// <param name="platform">That of the build, linux/amd64 for example, for TARGETPLATFORM and its parts.</param>
    /// <exception cref="InvalidInputException">It is empty, has no FROM, or one that names no image; each with its line.</exception>
    public static Dockerfile Parse(string text, string file, IReadOnlyDictionary<string, string> buildArgs, string? target, string? platform) =>
        new DockerfileReader(file, buildArgs, platform).Read(text, target);

    /// <summary>The text without its <c># syntax=</c>, with all lines where they were.</summary>
    public byte[] WithoutSyntax()
    {
        var lines = Text.Split('\n');
        lines[Syntax!.Line - 1] = "#";
        return Encoding.UTF8.GetBytes(string.Join('\n', lines));
    }

    /// <summary>The line of the instruction that BuildKit calls "[2/4] RUN make all"; null where it can't be told (arguments were substituted).</summary>
    public int? LineOf(string step)
    {
        var wanted = Squeeze(step[(step.IndexOf(']', StringComparison.Ordinal) + 1)..]);
        var found = Instructions.Where(i => Squeeze($"{i.Keyword} {i.Arguments}") == wanted).Take(2).ToList();
        return found.Count == 1 ? found[0].Line : null;
    }

    static string Squeeze(string text) => string.Join(' ', text.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries));
}
