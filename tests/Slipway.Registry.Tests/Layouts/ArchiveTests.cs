using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Slipway.Model;
using Slipway.Registry.Layouts;
using Slipway.Registry.Mirroring.Client;

namespace Slipway.Registry.Tests.Layouts;

public sealed class ArchiveTests : IAsyncLifetime
{
    readonly string _folder = Directory.CreateTempSubdirectory("slipway-archives-").FullName;
    RegistryHost _from = null!;
    RegistryHost _to = null!;

    public async ValueTask InitializeAsync() => (_from, _to) = (await RegistryHost.Start(), await RegistryHost.Start());

    public async ValueTask DisposeAsync()
    {
        await _from.DisposeAsync();
        await _to.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("images.tar")]
    [InlineData("layout/")]
    [InlineData("images.tar.gz")]
    [InlineData("-")]
    public async Task ExportThenImport_IndexWithSignature_AllOfItIsThere(string kind)
    {
        var image = await _from.Client.PushImage("team/app", "amd64");
        var index = await Index("team/app", "v1", image);
        var signature = await Signature("team/app", image);
        await _from.Client.PushImage("team/app", $"{index.Replace(':', '-')}.sig", seed: 5);
        var file = Path.Combine(_folder, kind is "-" or "images.tar.gz" ? "images.tar" : kind);

        await Export(file, "team/app:v1");
        if (kind == "images.tar.gz")
        {
            await using var zip = new GZipStream(File.Create(file + ".gz"), CompressionLevel.Fastest);
            await using var plain = File.OpenRead(file);
            await plain.CopyToAsync(zip);
        }
        await using var input = kind == "-" ? File.OpenRead(file) : Stream.Null;
        var imported = await Import(kind == "-" ? "-" : kind == "images.tar.gz" ? file + ".gz" : file, null, new BufferedStream(input));

        imported.Select(one => one.Tag).ShouldContain("v1");
        _to.Catalog.Find("team/app", "v1")!.Digest.Value.ShouldBe(index);
        _to.Catalog.Find("team/app", image).ShouldNotBeNull();
        _to.Catalog.Tags("team/app").ShouldBe([$"{index.Replace(':', '-')}.sig", "v1"], ignoreOrder: true);
        (await _to.Client.GetStringAsync($"/v2/team/app/referrers/{image}")).ShouldContain(signature);
        // Again: nothing has to be sent.
        (await Import(Path.Combine(_folder, kind == "layout/" ? kind : "images.tar"))).Sum(one => one.Bytes).ShouldBe(0);
    }

    [Fact]
    public async Task Export_WritesOneLayoutForOldAndNewTools()
    {
        var digest = await _from.Client.PushImage("team/app", "v1");
        var file = Path.Combine(_folder, "images.tar");
        await Export(file, "team/app:v1");

        var files = Read(file);
        files.Keys.ShouldContain("oci-layout");
        var entry = JsonNode.Parse(files["index.json"])!["manifests"]![0]!;
        entry["digest"]!.GetValue<string>().ShouldBe(digest);
        entry["annotations"]!["org.opencontainers.image.ref.name"]!.GetValue<string>().ShouldBe("team/app:v1");
        entry["annotations"]!["io.containerd.image.name"]!.GetValue<string>().ShouldBe("docker.io/team/app:v1");
        var docker = JsonNode.Parse(files["manifest.json"])![0]!;
        docker["RepoTags"]![0]!.GetValue<string>().ShouldBe("team/app:v1");
        files.Keys.ShouldContain(docker["Config"]!.GetValue<string>());
        files.Keys.ShouldContain(docker["Layers"]![0]!.GetValue<string>());
        Directory.GetFiles(_folder).ShouldBe([file]);
    }

    [Fact]
    public async Task Export_NoSuchImage_SaysSoAndLeavesNothing()
    {
        var file = Path.Combine(_folder, "images.tar");
        (await Should.ThrowAsync<InvalidInputException>(() => Export(file, "team/app:v9"))).Message.ShouldContain("no image team/app:v9");
        (await Should.ThrowAsync<InvalidInputException>(() => Export(file, "Team/app"))).Message.ShouldContain("'Team/app' is no image");
        Directory.GetFiles(_folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task Import_DockerSaveOfOldEngines_MakesAManifest()
    {
        var file = Docker(Path.Combine(_folder, "save.tar"), ["docker.io/library/redis:7", "127.0.0.1:5000/team/cache:x"]);

        var imported = await Import(file);

        imported.Select(one => $"{one.Repository}:{one.Tag}").ShouldBe(["redis:7", "team/cache:x"]);
        var manifest = JsonNode.Parse(await _to.Client.GetStringAsync("/v2/redis/manifests/7"))!;
        manifest["layers"]!.AsArray().Count.ShouldBe(2);
        manifest["layers"]![0]!["mediaType"]!.GetValue<string>().ShouldBe("application/vnd.oci.image.layer.v1.tar");
        foreach (var layer in manifest["layers"]!.AsArray())
            Client.Sha256(await _to.Client.GetByteArrayAsync($"/v2/redis/blobs/{layer!["digest"]}")).ShouldBe(layer["digest"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("team/db", "team/db:latest")]
    [InlineData("team/db:v9", "team/db:v9")]
    [InlineData("mirror/", "mirror/app:v1")]
    public async Task Import_As_NamesIt(string name, string expected)
    {
        await _from.Client.PushImage("team/app", "v1");
        var file = Path.Combine(_folder, "images.tar");
        await Export(file, "team/app:v1");
        var imported = (await Import(file, name)).Single();
        $"{imported.Repository}:{imported.Tag}".ShouldBe(expected.Replace(":latest", ":v1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Import_SeveralUnderOneName_IsRefused()
    {
        await _from.Client.PushImage("team/a", "v1");
        await _from.Client.PushImage("team/b", "v1", seed: 2);
        var file = Path.Combine(_folder, "images.tar");
        await Export(file, "team/a:v1", "team/b:v1");
        (await Should.ThrowAsync<InvalidInputException>(() => Import(file, "x/y"))).Message.ShouldContain("several images");
        (await Import(file, "x/")).Select(one => one.Repository).ShouldBe(["x/a", "x/b"]);
    }

    [Theory]
    [InlineData("digest", "does not have the digest")]
    [InlineData("size", "bytes where")]
    [InlineData("missing", "is missing")]
    [InlineData("cut", "cut off")]
    [InlineData("traversal", "leads out of it")]
    [InlineData("absolute", "leads out of it")]
    [InlineData("twice", "twice")]
    [InlineData("empty", "no tar file")]
    [InlineData("text", "no tar file")]
    [InlineData("none", "Could not find")]
    [InlineData("index", "is not what it should be")]
    [InlineData("nested", "nested more than")]
    [InlineData("zstd", "zstd")]
    public async Task Import_BadArchive_IsNamedAndNothingIsThere(string fault, string message)
    {
        await _from.Client.PushImage("team/app", "v1");
        var good = Path.Combine(_folder, "good.tar");
        await Export(good, "team/app:v1");
        var file = Path.Combine(_folder, "bad.tar");
        Break(good, file, fault);

        (await Should.ThrowAsync<InvalidInputException>(() => Import(file))).Message.ShouldContain(message);

        _to.Catalog.Usage().ShouldBe(new RegistryUsage(0, 0, 0, 0, 0));
    }

    [Fact]
    public async Task Import_FolderWithALinkOutOfIt_DoesNotReadIt()
    {
        await _from.Client.PushImage("team/app", "v1");
        var layout = Path.Combine(_folder, "layout");
        await Export(layout + "/", "team/app:v1");
        var blob = Directory.GetFiles(Path.Combine(layout, "blobs", "sha256"))[0];
        File.Move(blob, Path.Combine(_folder, "elsewhere"));
        File.CreateSymbolicLink(blob, Path.Combine(_folder, "elsewhere"));
        (await Should.ThrowAsync<InvalidInputException>(() => Import(layout))).Diagnostics.ShouldNotBeEmpty();
    }

    static void Break(string good, string bad, string fault)
    {
        var files = Read(good);
        if (fault == "none") return;
        if (fault is "empty" or "text" or "zstd")
        {
            File.WriteAllBytes(bad, fault == "empty" ? [] : fault == "zstd" ? [0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3, 4] : Encoding.ASCII.GetBytes(new string('x', 2000)));
            return;
        }
        if (fault == "cut")
        {
            var whole = File.ReadAllBytes(good);
            File.WriteAllBytes(bad, whole[..2500]);
            return;
        }
        var layer = files.First(one => one.Value.Length == 1000).Key;
        if (fault == "digest") files[layer][5] ^= 1;
        if (fault == "size") files[layer] = files[layer][..999];
        if (fault == "missing") files.Remove(layer);
        if (fault == "index") files["index.json"] = "{\"manifests\":[{\"digest\":\"sha256:..\"}]}"u8.ToArray();
        if (fault == "nested")
        {
            var (digest, size) = ("", 0);
            for (var depth = 0; depth < 12; depth++)
            {
                var index = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"{{Client.OciIndex}}","manifests":[{{(depth == 0 ? "" : $$"""{"mediaType":"{{Client.OciIndex}}","digest":"{{digest}}","size":{{size}} }""")}}]}""");
                (digest, size) = (Client.Sha256(index), index.Length);
                files["blobs/sha256/" + digest[7..]] = index;
            }
            files["index.json"] = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"manifests":[{"mediaType":"{{Client.OciIndex}}","digest":"{{digest}}","size":{{size}},"annotations":{"org.opencontainers.image.ref.name":"team/app:v1"} }]}""");
        }
        var names = files.Select(one => (one.Key, one.Value)).ToList();
        if (fault == "traversal") names.Add(("blobs/../../etc/cron.d/x", [1]));
        if (fault == "absolute") names.Add(("/etc/cron.d/x", [1]));
        if (fault == "twice") names.Add(("index.json", files["index.json"]));
        Write(bad, names);
    }

    static string Docker(string file, string[] tags)
    {
        var (first, second) = (Client.Random(3000, 3), Client.Random(2000, 4));
        var config = Encoding.UTF8.GetBytes($$"""{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["{{Client.Sha256(first)}}","{{Client.Sha256(second)}}"] } }""");
        var name = Client.Sha256(config)[7..] + ".json";
        Write(file,
        [
            (name, config), ("aaa/layer.tar", first), ("bbb/layer.tar", second),
            ("manifest.json", Encoding.UTF8.GetBytes($$"""[{"Config":"{{name}}","RepoTags":[{{string.Join(",", tags.Select(tag => $"\"{tag}\""))}}],"Layers":["aaa/layer.tar","bbb/layer.tar"]}]""")),
        ]);
        return file;
    }

    static Dictionary<string, byte[]> Read(string file)
    {
        var files = new Dictionary<string, byte[]>();
        using var reader = new TarReader(File.OpenRead(file));
        while (reader.GetNextEntry(copyData: true) is { } entry) files[entry.Name] = ((MemoryStream?)entry.DataStream)?.ToArray() ?? [];
        return files;
    }

    static void Write(string file, IEnumerable<(string Name, byte[] Content)> files)
    {
        using var writer = new TarWriter(File.Create(file), TarEntryFormat.Ustar);
        foreach (var (name, content) in files) writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
    }

    async Task<string> Index(string repository, string tag, string child)
    {
        var size = (await _from.Client.GetByteArrayAsync($"/v2/{repository}/manifests/{child}")).Length;
        var index = $$"""{"schemaVersion":2,"mediaType":"{{Client.OciIndex}}","manifests":[{"mediaType":"{{Client.OciImage}}","digest":"{{child}}","size":{{size}} }]}""";
        (await _from.Client.PutManifest(repository, tag, index, Client.OciIndex)).StatusCode.ShouldBe(HttpStatusCode.Created);
        return Client.Sha256(Encoding.UTF8.GetBytes(index));
    }

    async Task<string> Signature(string repository, string subject)
    {
        var manifest = await _from.Client.ImageManifest(repository, 9, $$""","subject":{"mediaType":"{{Client.OciImage}}","digest":"{{subject}}","size":1 }""");
        var digest = Client.Sha256(Encoding.UTF8.GetBytes(manifest));
        (await _from.Client.PutManifest(repository, digest, manifest)).StatusCode.ShouldBe(HttpStatusCode.Created);
        return digest;
    }

    Task Export(string output, params string[] images) => ImageExport.Run(images, new RemoteRegistry { Url = _from.Client.BaseAddress! }, output, _ => { }, CancellationToken.None);

    async Task<List<ImportedImage>> Import(string path, string? name = null, Stream? input = null)
    {
        var done = new List<ImportedImage>();
        await ImageImport.Run(path, new RemoteRegistry { Url = _to.Client.BaseAddress! }, name, input ?? Stream.Null, done.Add, CancellationToken.None);
        return done;
    }
}
