using System.Diagnostics;
using System.Formats.Tar;
using System.Net.Sockets;
using Slipway.Model;
using Slipway.Pipelines.Images.Contexts;

namespace Slipway.Pipelines.Tests.Images.Contexts;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class BuildContextTests : IDisposable
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Context_FilesFoldersAndLinks_AreSentInOrderAsTheyAre()
    {
        _folder.With("Dockerfile", "FROM scratch").With("b/run.sh", "#!/bin/sh\n").With("a.txt", "alpha").With("b-c/x", "x").With("empty", "");
        File.SetUnixFileMode(_folder["b/run.sh"], (UnixFileMode)0b111_101_000);
        var changed = new DateTime(2021, 5, 6, 7, 8, 9, DateTimeKind.Utc).AddTicks(1234560);
        File.SetLastWriteTimeUtc(_folder["a.txt"], changed);
        File.CreateSymbolicLink(_folder["b/link"], "../../../etc/passwd");
        Directory.CreateSymbolicLink(_folder["folder-link"], "b");

        var entries = await Send(new BuildContext(_folder.Root, _folder["Dockerfile"]));

        entries.Select(e => e.Name).ShouldBe(["Dockerfile", "a.txt", "b/", "b/link", "b/run.sh", "b-c/", "b-c/x", "empty", "folder-link"]);
        entries.ShouldAllBe(e => e.Uid == 0 && e.Gid == 0);
        var file = entries.Single(e => e.Name == "a.txt");
        file.ModificationTime.UtcDateTime.ShouldBe(changed);
        file.Text.ShouldBe("alpha");
        entries.Single(e => e.Name == "b/run.sh").Mode.ShouldBe((UnixFileMode)0b111_101_000);
        entries.Single(e => e.Name == "b/link").ShouldSatisfyAllConditions(
            e => e.Type.ShouldBe(TarEntryType.SymbolicLink), e => e.Link.ShouldBe("../../../etc/passwd"));
        entries.Single(e => e.Name == "folder-link").Type.ShouldBe(TarEntryType.SymbolicLink);
    }

    [Fact]
    public async Task Context_SentTwice_IsTheSameBytes()
    {
        _folder.With("Dockerfile", "FROM scratch").With("x/y/z", "1").With("x/a", "2");
        var context = new BuildContext(_folder.Root, _folder["Dockerfile"]);
        using MemoryStream first = new(), second = new();

        await context.Write(first, Cancel);
        await context.Write(second, Cancel);

        second.ToArray().ShouldBe(first.ToArray());
    }

    [Fact]
    public async Task Context_Dockerignore_LeavesOutAndKeepsExceptionsWithTheirFolders()
    {
        _folder.With(".dockerignore", "**\n!src/**/*.c\n").With("Dockerfile", "FROM scratch").With("src/deep/a.c", "").With("src/deep/a.o", "").With("secret", "");

        var entries = await Send(new BuildContext(_folder.Root, _folder["Dockerfile"]));

        entries.Select(e => e.Name).ShouldBe(["Dockerfile", "src/", "src/deep/", "src/deep/a.c"]);
    }

    [Fact]
    public async Task Context_DockerfilesOwnIgnoreFile_WinsOverTheContexts()
    {
        _folder.With(".dockerignore", "a").With("web.Dockerfile", "FROM scratch").With("web.Dockerfile.dockerignore", "b").With("a", "").With("b", "");

        var entries = await Send(new BuildContext(_folder.Root, _folder["web.Dockerfile"]));

        entries.Select(e => e.Name).ShouldBe([".dockerignore", "a", "web.Dockerfile", "web.Dockerfile.dockerignore"]);
    }

    [Fact]
    public async Task Context_DockerfileInIgnoredFolder_IsSent()
    {
        _folder.With(".dockerignore", "ops\n.dockerignore").With("ops/Dockerfile", "FROM scratch").With("ops/key", "").With("a", "");

        var context = new BuildContext(_folder.Root, _folder["ops/Dockerfile"]);
        var entries = await Send(context);

        context.Dockerfile.ShouldBe("ops/Dockerfile");
        entries.Select(e => e.Name).ShouldBe(["a", "ops/", "ops/Dockerfile"]);
    }

    [Fact]
    public async Task Context_DockerfileElsewhereOrThroughALink_IsSentUnderAFreeName()
    {
        _folder.With("context/.slipway.Dockerfile", "taken").With("Dockerfile", "FROM scratch");
        File.CreateSymbolicLink(_folder["context/Dockerfile"], "../Dockerfile");

        var context = new BuildContext(_folder["context"], _folder["context/Dockerfile"]);
        var entries = await Send(context);

        context.Dockerfile.ShouldBe(".slipway-1.Dockerfile");
        entries.Single(e => e.Name == context.Dockerfile).Text.ShouldBe("FROM scratch");
        entries.Single(e => e.Name == "Dockerfile").Type.ShouldBe(TarEntryType.SymbolicLink);
    }

    [Fact]
    public async Task Context_InlineDockerfile_IsSentBesideTheFiles()
    {
        _folder.With("a", "");

        var context = new BuildContext(_folder.Root, null, "FROM scratch\n"u8.ToArray());
        var entries = await Send(context);

        entries.Single(e => e.Name == context.Dockerfile).Text.ShouldBe("FROM scratch\n");
        entries.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Context_SocketAndPipe_AreLeftOutAndNamed()
    {
        _folder.With("Dockerfile", "FROM scratch");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_folder["control.sock"]));
        using (var mkfifo = Process.Start("mkfifo", [_folder["pipe"]])) await mkfifo.WaitForExitAsync(Cancel);

        var context = new BuildContext(_folder.Root, _folder["Dockerfile"]);
        var entries = await Send(context);

        entries.Select(e => e.Name).ShouldBe(["Dockerfile"]);
        context.LeftOut.ShouldBe(["control.sock", "pipe"]);
    }

    [Fact]
    public async Task Context_NamesThatUstarCannotHold_SurviveInPax()
    {
        var name = $"{new string('d', 120)}/{new string('文', 60)}.txt";
        _folder.With("Dockerfile", "FROM scratch").With(name, "here");

        var entries = await Send(new BuildContext(_folder.Root, _folder["Dockerfile"]));

        entries.Single(e => e.Text == "here").Name.ShouldBe(name);
    }

    [Fact]
    public async Task Context_LargeFile_IsNotHeldInMemory()
    {
        const long Size = 512L * 1024 * 1024;
        _folder.With("Dockerfile", "FROM scratch");
        using (var sparse = File.Create(_folder["large"])) sparse.SetLength(Size);
        var before = GC.GetTotalAllocatedBytes();

        await new BuildContext(_folder.Root, _folder["Dockerfile"]).Write(Stream.Null, Cancel);

        // Other tests allocate too; a context that is held would take all of its size.
        (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(Size / 2);
    }

    [Fact]
    public async Task FixedLength_FileGrows_SendsWhatWasThere()
    {
        _folder.With("log", "12345");
        await using var stream = new FixedLengthStream(new FileStream(_folder["log"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        File.AppendAllText(_folder["log"], "678");
        using var copy = new MemoryStream();

        await stream.CopyToAsync(copy, Cancel);

        copy.ToArray().ShouldBe("12345"u8.ToArray());
    }

    [Fact]
    public async Task FixedLength_FileShrinks_SaysSo()
    {
        _folder.With("log", "12345");
        await using var stream = new FixedLengthStream(new FileStream(_folder["log"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        File.WriteAllText(_folder["log"], "1");

        (await Should.ThrowAsync<InvalidInputException>(() => stream.CopyToAsync(Stream.Null, Cancel))).Message.ShouldContain("became shorter");
    }

    static async Task<List<Entry>> Send(BuildContext context)
    {
        using var tar = new MemoryStream();
        await context.Write(tar, Cancel);
        tar.Position = 0;
        await using var reader = new TarReader(tar);
        var entries = new List<Entry>();
        while (await reader.GetNextEntryAsync(copyData: true, Cancel) is { } entry)
            entries.Add(new Entry(entry.Name, entry.EntryType, entry.Mode, entry.Uid, entry.Gid, entry.ModificationTime, entry.LinkName,
                entry.DataStream is null ? "" : await new StreamReader(entry.DataStream).ReadToEndAsync(Cancel)));
        return entries;
    }

    sealed record Entry(string Name, TarEntryType Type, UnixFileMode Mode, int Uid, int Gid, DateTimeOffset ModificationTime, string Link, string Text);
}
