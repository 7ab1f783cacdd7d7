using Slipway.Model;
using Slipway.Releases.Compose;

namespace Slipway.Releases.Tests.Compose;

/// <summary>A project's folder in the temporary folder, gone when the test is over.</summary>
sealed class ComposeFolder : IDisposable
{
    readonly string _parent = Directory.CreateTempSubdirectory("slipway-compose-").FullName;

    public ComposeFolder(string? compose = null, string name = "shop")
    {
        Folder = Path.Combine(_parent, name);
        Directory.CreateDirectory(Folder);
        if (compose is not null) Write("compose.yaml", compose);
    }

    public string Folder { get; }

    public Dictionary<string, string> Variables { get; } = [];

    public List<string> Files { get; } = [];

    public List<string> Profiles { get; } = [];

    public ComposeRequest Request => new() { Directory = Folder, Variables = Variables, Files = Files, Profiles = Profiles };

    public ComposeFolder Write(string path, string text)
    {
        var full = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
        return this;
    }

    public AppModel Read() => ComposeFile.Read(Request).Model;

    public ComposeCheck Check() => ComposeFile.Check(Request);

    public IReadOnlyList<Diagnostic> Errors() => [.. Check().Diagnostics.Where(d => d.Severity == Severity.Error)];

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    /// <summary>The model of one file with one service called web, whose keys are given with their indentation of four.</summary>
    public static ServiceModel Service(string keys, string rest = "")
    {
        using var folder = new ComposeFolder(One(keys, rest));
        return folder.Read().Find("web")!;
    }

    public static IReadOnlyList<Diagnostic> ErrorsOf(string keys, string rest = "")
    {
        using var folder = new ComposeFolder(One(keys, rest));
        return folder.Errors();
    }

    static string One(string keys, string rest) =>
        $"services:\n  web:\n    image: app\n{string.Join('\n', keys.Split('\n').Select(l => "    " + l))}\n{rest}";
}
