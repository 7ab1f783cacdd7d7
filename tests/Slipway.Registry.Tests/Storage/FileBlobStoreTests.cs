using Slipway.Registry.Storage;

namespace Slipway.Registry.Tests.Storage;

public sealed class FileBlobStoreTests : BlobStoreContract, IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("slipway-blobs-").FullName;
    readonly FileBlobStore _store;

    public FileBlobStoreTests() => _store = new FileBlobStore(Path.Combine(_folder, "deep", "registry"));

    private protected override IBlobStore Store => _store;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Publish_Layout_IsAlgorithmTwoDigitsDigest()
    {
        var content = Client.Random(10);
        var hex = Client.Sha256(content)[7..];
        (await Push(content)).ShouldBe($"blobs/sha256/{hex[..2]}/{hex}");
        File.ReadAllBytes(Path.Combine(_folder, "deep", "registry", "blobs", "sha256", hex[..2], hex)).ShouldBe(content);
    }

    [Fact]
    public void Folders_AreForTheirOwnerOnly()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "POSIX modes");
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(Path.Combine(_folder, "deep", "registry", "uploads")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public void FreeBytes_IsTheFileSystems() => _store.FreeBytes!.Value.ShouldBeGreaterThan(0);

    [Fact]
    public void Flush_FolderThatIsNotThere_SaysWhich() =>
        Should.Throw<IOException>(() => DurableFolder.Flush(Path.Combine(_folder, "nowhere"))).Message.ShouldContain("nowhere");
}
