using System.Text;
using Slipway.Model;
using Slipway.Pipelines.Images.Contexts;
using Slipway.Pipelines.Images.Dockerfiles;

namespace Slipway.Pipelines.Images.Building;

/// <summary>What one build is made from, checked: a context folder that exists, and a Dockerfile that was read.</summary>
internal sealed class BuildSource
{
    const int MaxDockerfile = 4 * 1024 * 1024;

    readonly string _root;
    readonly string? _path;

    BuildSource(string root, string? path, Dockerfile dockerfile) => (_root, _path, Dockerfile) = (root, path, dockerfile);

    public Dockerfile Dockerfile { get; }

    /// <param name="service">For errors.</param>
    /// <exception cref="InvalidInputException">The folder or the Dockerfile is missing, or the Dockerfile can't be built.</exception>
    public static BuildSource Open(string service, BuildModel build)
    {
        var key = $"services.{service}.build";
        if (!Directory.Exists(build.Context))
            throw Wrong($"{key}.context", $"the build context '{build.Context}' is no folder", build.Context, "a folder on the server's machine");
        try
        {
            if (build.DockerfileInline is { } inline)
                return new BuildSource(build.Context, null, Parse(inline, $"{key}.dockerfile_inline"));
            var path = Path.GetFullPath(build.Dockerfile, build.Context);
            return new BuildSource(build.Context, path, Parse(Read(key, path), path));
        }
        catch (InvalidInputException wrong)
        {
            throw new InvalidInputException([.. wrong.Diagnostics.Select(d => d with { Key = d.Key == "target" ? $"{key}.target" : key })]);
        }

        Dockerfile Parse(string text, string file) => Dockerfile.Parse(text, file, build.Args, build.Target, build.Platform);
    }

    /// <param name="withoutSyntax">The engine's own frontend reads the Dockerfile in place of the one that it names.</param>
    /// <exception cref="InvalidInputException">The .dockerignore has lines that are no patterns.</exception>
    public BuildContext Context(bool withoutSyntax)
    {
        var replacement = withoutSyntax ? Dockerfile.WithoutSyntax() : _path is null ? Encoding.UTF8.GetBytes(Dockerfile.Text) : null;
        return new BuildContext(_root, _path, replacement);
    }

    static string Read(string key, string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists) throw Wrong(key, $"there is no Dockerfile '{path}'", path, "the path of a Dockerfile, relative to build.context, in build.dockerfile");
            if (file.Length > MaxDockerfile) throw Wrong(key, $"'{path}' is too large for a Dockerfile", $"{file.Length} bytes", $"at most {MaxDockerfile} bytes");
            return File.ReadAllText(path);
        }
        catch (Exception refused) when (refused is UnauthorizedAccessException or IOException)
        {
            throw Wrong(key, $"the Dockerfile '{path}' can't be read: {refused.Message}", path, "a file that the server may read");
        }
    }

    static InvalidInputException Wrong(string key, string message, string found, string expected) =>
        new(new Diagnostic { Key = key, Message = message, Found = found, Expected = expected });
}
