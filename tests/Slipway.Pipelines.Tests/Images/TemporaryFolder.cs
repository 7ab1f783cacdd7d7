namespace Slipway.Pipelines.Tests.Images;

/// <summary>A folder of its own for a test, gone when it ends.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("slipway-test-");

    public string Root => _folder.FullName;

    public string this[string name] => Path.Combine(Root, name);

    /// <summary>A build context: a Dockerfile, and busybox, the one program of its images.</summary>
    public static TemporaryFolder ForBuild(string dockerfile)
    {
        var folder = new TemporaryFolder().With("Dockerfile", dockerfile);
        File.Copy("/bin/busybox", folder["busybox"]);
        return folder;
    }

    public TemporaryFolder With(string name, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        File.WriteAllText(this[name], content);
        return this;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
