using System.Text;
using System.Text.Json;
using Slipway.Model;
using Slipway.Releases.Sites;

namespace Slipway.Releases.Tests.Sites;

/// <summary>Archives of images, evil ones among them: nothing of theirs becomes a path of this machine, and nothing from outside of the root a file of the site.</summary>
public sealed class SitePackerTests : IDisposable
{
    static readonly StaticFiles Settings = new() { Root = "/srv/www" };

    readonly MemoryStream _pack = new();

    public void Dispose() => _pack.Dispose();

    [Fact]
    public async Task Files_AreThereWithContentTimeAndHash_TheSameContentOnce()
    {
        var report = await Pack(Archive.Of(("./index.html", "home"), ("./a/b/c.txt", "same"), ("./a/d.txt", "same"), ("./empty", "")));

        report.Files.ShouldBe(4);
        Paths().ShouldBe(["/a/b/c.txt", "/a/d.txt", "/empty", "/index.html"]);
        Content("/index.html").ShouldBe("home");
        (Content("/a/b/c.txt"), Content("/a/d.txt"), Content("/empty")).ShouldBe(("same", "same", ""));
        File("/a/b/c.txt").Plain.ShouldBe(File("/a/d.txt").Plain);
        File("/index.html").Modified.ShouldBe(1_700_000_000);
        File("/index.html").Plain.Hash.ShouldBe(Digest.Sha256(Encoding.UTF8.GetBytes("home")).Hex[..32]);
        report.Bytes.ShouldBe("homesame".Length);
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("./a/../../evil")]
    [InlineData("/etc/cron.d/evil")]
    [InlineData("./a/../b")]
    public async Task Name_ThatLeadsElsewhere_RefusesTheWholeArchive(string name)
    {
        var refused = await Should.ThrowAsync<SiteException>(() => Pack(new Archive().File("./index.html", "x").File(name, "evil").Bytes()));

        refused.Message.ShouldContain(name);
    }

    [Fact]
    public async Task Links_WithinTheRoot_AreFollowed()
    {
        await Pack(new Archive()
            .File("./releases/5/index.html", "five").File("./a/x.txt", "x")
            .Link("./current", "releases/5").Link("./a/up", "../releases/5/index.html").Link("./abs", "/srv/www/a/x.txt").Link("./chain", "abs").Link("./whole", "/srv/www/current")
            .HardLink("./hard.txt", "./a/x.txt")
            .Bytes());

        Paths().ShouldBe(["/a/up", "/a/x.txt", "/abs", "/chain", "/current/index.html", "/hard.txt", "/releases/5/index.html", "/whole/index.html"]);
        (Content("/a/up"), Content("/abs"), Content("/chain"), Content("/current/index.html"), Content("/hard.txt")).ShouldBe(("five", "x", "x", "five", "x"));
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../../../etc/passwd")]
    [InlineData("/srv/www-other/x")]
    [InlineData("a/../../www/index.html")]
    [InlineData("nothing")]
    [InlineData("link")]
    [InlineData("index.html/x")]
    public async Task Link_ThatLeavesTheRootOrLeadsToNothing_IsLeftOutAndSaid(string target)
    {
        var report = await Pack(new Archive().File("./index.html", "home").Link("./link", target).Bytes());

        Paths().ShouldBe(["/index.html"]);
        report.LeftOut.Single().ShouldContain(target);
    }

    [Fact]
    public async Task Links_InCircles_EndAndAreSaid()
    {
        var report = await Pack(new Archive().File("./a/x", "x").Link("./a/self", ".").Link("./a/b", "../a").Link("./p", "q").Link("./q", "p").Bytes());

        Paths().ShouldBe(["/a/x"]);
        report.LeftOut.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Links_ThatMultiply_AreBounded()
    {
        using var archive = new Archive();
        for (var i = 0; i < 30; i++) archive.Folder($"./d{i}/").File($"./d{i}/x", "x").Link($"./d{i}/a", $"../d{i + 1}").Link($"./d{i}/b", $"../d{i + 1}");

        (await Should.ThrowAsync<SiteException>(() => Pack(archive.Bytes(), limits: new SiteLimits { Entries = 5000 }))).Message.ShouldContain("more than 5000");
    }

    [Fact]
    public async Task DevicesAndPipes_AreLeftOutAndSaid()
    {
        var report = await Pack(new Archive().File("./index.html", "home").Device("./null").Pipe("./pipe").HardLink("./to-null", "./null").Bytes());

        Paths().ShouldBe(["/index.html"]);
        report.LeftOut.Count.ShouldBe(3);
    }

    [Fact]
    public async Task LinkOverAFolder_DoesNotMoveWhatComesBehindIt()
    {
        // The classic: a link out of the root, then a file "below" it.
        await Pack(new Archive().File("./index.html", "home").Link("./out", "/etc").File("./out/passwd", "evil").Bytes());

        Paths().ShouldBe(["/index.html", "/out/passwd"]);
        Content("/out/passwd").ShouldBe("evil");
    }

    [Fact]
    public async Task Dotfiles_AreNotServedUnlessAsked_ButWellKnownIs()
    {
        var archive = Archive.Of(("./.env", "SECRET=1"), ("./.git/config", "x"), ("./a/.htpasswd", "x"), ("./.well-known/x", "y"), ("./.well-known/.hidden", "z"), ("./index.html", "home"));

        await Pack(archive);
        Paths().ShouldBe(["/.well-known/x", "/index.html"]);

        await Pack(archive, Settings with { Dotfiles = true });
        Paths().Count.ShouldBe(6);
    }

    [Fact]
    public async Task Encodings_BesideAFile_AreItsForms_WhereTheyAreSmaller()
    {
        await Pack(Archive.Of(("./app.js", "0123456789"), ("./app.js.br", "B"), ("./app.js.gz", "larger than the file")));

        File("/app.js").Brotli.ShouldBe(File("/app.js.br").Plain);
        File("/app.js").Gzip.ShouldBeNull();
    }

    [Fact]
    public async Task Compress_MakesFormsOfWhatGainsByIt()
    {
        var text = string.Concat(Enumerable.Repeat("all work and no play ", 200));

        await Pack(Archive.Of(("./a.css", text), ("./copy.css", text), ("./photo.jpg", text), ("./small.css", "x")), Settings with { Compress = true });

        var file = File("/a.css");
        using var decoded = new MemoryStream();
        await using (var decoder = new System.IO.Compression.BrotliStream(new MemoryStream(Bytes(file.Brotli!)), System.IO.Compression.CompressionMode.Decompress)) await decoder.CopyToAsync(decoded, TestContext.Current.CancellationToken);
        Encoding.UTF8.GetString(decoded.ToArray()).ShouldBe(text);
        file.Gzip!.Length.ShouldBeLessThan(text.Length / 5);
        File("/copy.css").ShouldBe(file with { Path = "/copy.css" });
        (File("/photo.jpg").Brotli, File("/small.css").Gzip).ShouldBe((null, null));
    }

    [Theory]
    [InlineData("fallback")]
    [InlineData("not-found")]
    public async Task Setting_ThatNamesNoFile_IsSaidWithWhatThereIs(string key)
    {
        var settings = key == "fallback" ? Settings with { Fallback = "/app.html" } : Settings with { NotFound = "/app.html" };

        var refused = await Should.ThrowAsync<SiteException>(() => Pack(Archive.Of(("./index.html", "x")), settings));

        (refused.Message.Contains(key, StringComparison.Ordinal), refused.Message.Contains("/index.html", StringComparison.Ordinal)).ShouldBe((true, true), refused.Message);
    }

    [Fact]
    public async Task Nothing_BelowTheRoot_IsAnError() =>
        (await Should.ThrowAsync<SiteException>(() => Pack(new Archive().Folder("./").Bytes()))).Message.ShouldBe("There is no file below /srv/www of the image.");

    [Fact]
    public async Task Content_BeyondTheBound_IsRefusedBeforeItIsWritten()
    {
        await Should.ThrowAsync<SiteException>(() => Pack(Archive.Of(("./a", new string('x', 60)), ("./b", new string('y', 60))), limits: new SiteLimits { Bytes = 100 }));

        _pack.Length.ShouldBeLessThanOrEqualTo(60);
    }

    [Fact]
    public async Task Path_BeyondTheBounds_IsRefused()
    {
        (await Should.ThrowAsync<SiteException>(() => Pack(Archive.Of(("./" + new string('a', 2000), "x"))))).Message.ShouldContain("2002 characters");
        (await Should.ThrowAsync<SiteException>(() => Pack(Archive.Of(("./" + string.Concat(Enumerable.Repeat("a/", 100)) + "x", "x"))))).Message.ShouldContain("101 deep");
    }

    [Fact]
    public async Task Archive_CutAnywhere_IsRefusedOrWholeButNeverAPartOfAFile()
    {
        var archive = Archive.Of(("./a.txt", new string('a', 1500)), ("./b.txt", new string('b', 700)));

        for (var length = 0; length < archive.Length; length += 97)
        {
            try
            {
                await Pack(archive[..length]);
            }
            catch (SiteException)
            {
                continue;
            }
            if (Paths().Contains("/a.txt")) Content("/a.txt").ShouldBe(new string('a', 1500));
            if (Paths().Contains("/b.txt")) Content("/b.txt").ShouldBe(new string('b', 700));
        }
    }

    async Task<SiteReport> Pack(byte[] archive, StaticFiles? settings = null, SiteLimits? limits = null)
    {
        _pack.SetLength(0);
        return await new SitePacker(settings ?? Settings, limits ?? new SiteLimits()).Pack(new MemoryStream(archive), _pack, TestContext.Current.CancellationToken);
    }

    IReadOnlyList<SiteFile> Index()
    {
        var bytes = _pack.ToArray();
        var footer = bytes.AsSpan()[^SitePack.FooterLength..];
        SitePack.TryReadFooter(footer, bytes.Length, out var offset, out var length).ShouldBeTrue();
        var index = bytes.AsSpan((int)offset, length);
        SitePack.Fits(footer, index).ShouldBeTrue();
        return JsonSerializer.Deserialize(index, ModelJson.Default.SiteIndex)!.Files;
    }

    List<string> Paths() => [.. Index().Select(f => f.Path)];

    SiteFile File(string path) => Index().Single(f => f.Path == path);

    byte[] Bytes(SiteBytes bytes) => _pack.ToArray()[(int)bytes.Offset..(int)(bytes.Offset + bytes.Length)];

    string Content(string path) => Encoding.UTF8.GetString(Bytes(File(path).Plain));
}
