using Slipway.Registry.Storage;

namespace Slipway.Registry.Tests.Storage;

public sealed class FileBlobStoreTests : BlobStoreContract, IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("slipway-blobs-").FullName;

    private protected override IBlobStore Open() => new FileBlobStore(Path.Combine(_folder, "deep", "registry"));

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
        _ = Store;
        Assert.SkipWhen(OperatingSystem.IsWindows(), "POSIX modes");
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(Path.Combine(_folder, "deep", "registry", "uploads")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public void FreeBytes_IsTheFileSystems() => Store.FreeBytes!.Value.ShouldBeGreaterThan(0);

    [Fact]
    public async Task Delete_ReaderReadsOn()
    {
        var content = Client.Random(100_000);
        var key = await Push(content);
        await using var reader = (await Store.OpenBlob(key, default)).ShouldNotBeNull();
        await Store.Delete(key, default);
        var buffer = new byte[content.Length];
        (await reader.Read(buffer, 0, default)).ShouldBe(content.Length);
        buffer.ShouldBe(content);
    }

    [Fact]
    public async Task Blobs_WhatIsNotOurs_IsNotListed()
    {
        await Push(Client.Random(10));
        var blobs = Path.Combine(_folder, "deep", "registry", "blobs");
        File.WriteAllText(Path.Combine(blobs, "README"), "kept here by somebody");
        File.WriteAllText(Path.Combine(blobs, "sha256", "0123"), "");
        var listed = 0;
        await foreach (var _ in Store.Blobs(default)) listed++;
        listed.ShouldBe(1);
    }

    [Fact]
    public void Start_TrashOfACrash_IsUnlinked()
    {
        var root = Path.Combine(_folder, "deep", "registry");
        _ = Store;
        File.WriteAllText(Path.Combine(root, "trash", Guid.NewGuid().ToString()), "half-deleted");
        _ = new FileBlobStore(root);
        Directory.EnumerateFiles(Path.Combine(root, "trash")).ShouldBeEmpty();
    }

    [Fact]
    public void Rename_AcrossFileSystems_IsRefusedAndNothingIsCopied()
    {
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "needs a second file system");
        var from = Path.Combine("/dev/shm", Guid.NewGuid().ToString());
        var to = Path.Combine(_folder, "there");
        File.WriteAllText(from, "content");
        try
        {
            Should.Throw<IOException>(() => DurableFolder.Rename(from, to)).Message.ShouldContain("different file systems");
            File.Exists(to).ShouldBeFalse();
        }
        finally
        {
            File.Delete(from);
        }
    }

    [Fact]
    public void Flush_FolderThatIsNotThere_SaysWhich() =>
        Should.Throw<IOException>(() => DurableFolder.Flush(Path.Combine(_folder, "nowhere"))).Message.ShouldContain("nowhere");
}
