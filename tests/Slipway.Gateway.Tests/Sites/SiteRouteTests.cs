using System.Net;
using System.Text.Json;
using Slipway.Model;

namespace Slipway.Gateway.Tests.Sites;

/// <summary>Files as a destination: encodings, releases, what else a route does, and what lies on disk.</summary>
public sealed class SiteRouteTests
{
    static readonly Dictionary<string, string> One = new() { ["/index.html"] = "one", ["/old.3f2a9c1b.js"] = "old script", ["/gone.html"] = "gone page" };
    static readonly Dictionary<string, string> Two = new() { ["/index.html"] = "two", ["/new.4e5f6a7b.js"] = "new script" };

    readonly TestSite _site = new();

    [Theory]
    [InlineData("br, gzip", "br", "B")]
    [InlineData("gzip, deflate", "gzip", "GG")]
    [InlineData("gzip;q=1, br;q=0.5", "gzip", "GG")]
    [InlineData("br;q=0, gzip;q=0", null, "plain")]
    [InlineData("*", "br", "B")]
    [InlineData("identity, br;q=0.5", null, "plain")]
    [InlineData("zstd", null, "plain")]
    [InlineData("", null, "plain")]
    public async Task Encoded_IsTheFormThatTheClientTakes_WithATagOfItsOwn(string accept, string? coding, string body)
    {
        await using var gateway = await _site.Start();
        await gateway.Publish(TestSite.Route(TestSite.To(_site.Write(1, new Dictionary<string, string> { ["/a.js"] = "plain" }, encoded: new Dictionary<string, (string, string)[]> { ["/a.js"] = [("br", "B"), ("gzip", "GG")] }))));
        using var client = gateway.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/a.js");
        if (accept.Length > 0) request.Headers.TryAddWithoutValidation("Accept-Encoding", accept);

        using var answer = await client.SendAsync(request, TestGateway.Cancel);

        answer.Content.Headers.ContentEncoding.ShouldBe(coding is null ? [] : [coding]);
        (await answer.Content.ReadAsStringAsync(TestGateway.Cancel)).ShouldBe(body);
        answer.Headers.Vary.ShouldBe(["Accept-Encoding"]);
        answer.Headers.ETag!.Tag.ShouldBe(TestSite.ETag(body));
        answer.Content.Headers.ContentType!.ToString().ShouldBe("text/javascript; charset=utf-8");
    }

    [Fact]
    public async Task Switch_ToAnotherRelease_KeepsTheNamedFilesOfTheOneBeside()
    {
        await using var gateway = await _site.Start();
        var one = _site.Write(1, One);
        var two = _site.Write(2, Two, other: one.Site);
        await gateway.Publish(TestSite.Route(TestSite.To(one)));
        using var client = gateway.Client();
        (await client.GetStringAsync("/", TestGateway.Cancel)).ShouldBe("one");

        await gateway.Publish(TestSite.Route(TestSite.To(two, release: 2)));

        (await client.GetStringAsync("/", TestGateway.Cancel)).ShouldBe("two");
        (await client.GetStringAsync("/old.3f2a9c1b.js", TestGateway.Cancel)).ShouldBe("old script");
        (await client.GetAsync("/gone.html", TestGateway.Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        await gateway.Publish(TestSite.Route(TestSite.To(two with { Other = null }, release: 2)));
        (await client.GetAsync("/old.3f2a9c1b.js", TestGateway.Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Split_BetweenTwoSites_CountsEachAndKeepsAUserOnHisSide()
    {
        await using var gateway = await _site.Start();
        var (one, two) = (_site.Write(1, One), _site.Write(2, Two));
        await gateway.Publish(TestSite.Route(TestSite.To(one, 1, 5000), TestSite.To(two, 2, 5000)) with
        {
            Split = new RouteSplit { Release = 2, Sticky = StickyKind.User, Key = Convert.ToBase64String(new byte[32]) },
        });
        var seen = new HashSet<string>();
        for (var user = 0; user < 30; user++)
        {
            using var client = gateway.Client();
            using var first = await client.GetAsync("/", TestGateway.Cancel);
            var (cookie, version) = (first.Headers.GetValues("Set-Cookie").Single().Split(';')[0], await first.Content.ReadAsStringAsync(TestGateway.Cancel));
            seen.Add(version);
            client.DefaultRequestHeaders.Add("Cookie", cookie);

            (await client.GetStringAsync("/", TestGateway.Cancel)).ShouldBe(version);
        }

        seen.ShouldBe(["one", "two"], ignoreOrder: true);
        await gateway.IsIdle("site1");
        await gateway.IsIdle("site2");
        var releases = (await gateway.Control.Report(TestGateway.Cancel)).Releases;
        releases.Sum(r => r.ByClass[2]).ShouldBe(60);
        releases.ShouldAllBe(r => r.Requests > 0);
    }

    [Fact]
    public async Task Route_WithPolicies_AppliesThemToFilesToo()
    {
        await using var gateway = await _site.Start();
        await gateway.Publish(TestSite.Route(TestSite.To(_site.Write(1, One))) with
        {
            Policy = new RoutePolicy
            {
                ResponseHeaders = new HeaderChanges { Set = new Dictionary<string, string> { ["X-Frame-Options"] = "DENY" }, Remove = ["ETag"] },
                Rate = new RateLimit { Requests = 1, Per = TimeSpan.FromHours(1), Burst = 2 },
            },
        });
        using var client = gateway.Client();

        using var answer = await client.GetAsync("/", TestGateway.Cancel);
        await client.GetAsync("/", TestGateway.Cancel);
        using var third = await client.GetAsync("/", TestGateway.Cancel);

        answer.Headers.GetValues("X-Frame-Options").ShouldBe(["DENY"]);
        answer.Headers.ETag.ShouldBeNull();
        third.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task LargeFile_IsSentWholeAndInParts_ThoughItsNameIsGone()
    {
        var large = string.Create(3_000_000, 0, (span, _) => { for (var i = 0; i < span.Length; i++) span[i] = (char)('a' + (i % 23)); });
        await using var gateway = await _site.Start();
        var site = _site.Write(1, new Dictionary<string, string> { ["/big.bin"] = large, ["/small.txt"] = "small" });
        await gateway.Publish(TestSite.Route(TestSite.To(site)));
        using var client = gateway.Client();
        File.Delete(Path.Combine(_site.Folder, site.Site!));

        (await client.GetStringAsync("/big.bin", TestGateway.Cancel)).ShouldBe(large);
        (await client.GetStringAsync("/small.txt", TestGateway.Cancel)).ShouldBe("small");
        using var part = new HttpRequestMessage(HttpMethod.Get, "/big.bin") { Headers = { { "Range", "bytes=1000000-1999999" } } };
        using var answer = await client.SendAsync(part, TestGateway.Cancel);
        (await answer.Content.ReadAsStringAsync(TestGateway.Cancel)).ShouldBe(large[1_000_000..2_000_000]);
    }

    [Fact]
    public async Task SlowClient_IsCountedInFlightUntilItHasAll()
    {
        await using var gateway = await _site.Start();
        await gateway.Publish(TestSite.Route(TestSite.To(_site.Write(1, new Dictionary<string, string> { ["/big.bin"] = new string('x', 40_000_000) }))));
        using var socket = await gateway.Connect(TestGateway.Cancel);
        await socket.SendAsync("GET /big.bin HTTP/1.1\r\nHost: app.test\r\n\r\n"u8.ToArray(), TestGateway.Cancel);
        await socket.ReceiveAsync(new byte[100], TestGateway.Cancel);

        (await gateway.Instance("site1"))!.InFlight.ShouldBe(1);

        socket.Dispose();
        await gateway.IsIdle("site1");
    }

    [Fact]
    public async Task Gateway_StartedAnew_FindsTheFilesByItsTable()
    {
        var folder = TestGateway.NewFolder();
        await using (var first = await _site.Start(folder: folder)) await first.Publish(TestSite.Route(TestSite.To(_site.Write(1, One))));

        await using var second = await _site.Start(folder: folder);
        using var client = second.Client();

        (await client.GetStringAsync("/", TestGateway.Cancel)).ShouldBe("one");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Site_MissingOrDamaged_Answers503AndLeavesOthersAlone(bool damaged)
    {
        await using var gateway = await _site.Start();
        var (bad, good) = (_site.Write(1, One), _site.Write(2, Two));
        var path = Path.Combine(_site.Folder, bad.Site!);
        if (damaged) await File.WriteAllBytesAsync(path, (await File.ReadAllBytesAsync(path, TestGateway.Cancel))[..^50], TestGateway.Cancel);
        else File.Delete(path);

        await gateway.Publish(TestSite.Route(TestSite.To(bad)), TestSite.Route(TestSite.To(good)) with { Hosts = ["good.test"] });

        using (var client = gateway.Client()) (await client.GetAsync("/", TestGateway.Cancel)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        using (var client = gateway.Client("good.test")) (await client.GetStringAsync("/", TestGateway.Cancel)).ShouldBe("two");
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("shop/../../x.v1.0123456789abcdef.site")]
    [InlineData("shop/web.v1.0123456789abcdef.txt")]
    public async Task Table_ThatNamesAnotherFile_IsRefused(string site)
    {
        await using var gateway = await _site.Start();

        var refused = await Should.ThrowAsync<InvalidInputException>(() => gateway.Publish(TestSite.Route(TestSite.To(Upstream.OfSite("x", site, null)))));

        refused.Message.ShouldContain("is no site");
    }

    [Fact]
    public async Task Memory_IsBounded_AndWhatDoesNotFitIsServedAllTheSame()
    {
        var files = Enumerable.Range(0, 40).ToDictionary(i => $"/{i}.txt", i => new string((char)('a' + (i % 20)), 1000 + i));
        await using var gateway = await _site.Start(options => options with { SiteMemory = 8_000 });
        await gateway.Publish(TestSite.Route(TestSite.To(_site.Write(1, files))));
        using var client = gateway.Client();

        for (var round = 0; round < 3; round++)
            foreach (var (path, content) in files) (await client.GetStringAsync(path, TestGateway.Cancel)).ShouldBe(content);
    }

    [Fact]
    public void Table_WithSites_IsTheSameAfterJson()
    {
        var table = new RouteTable { Version = 1, Routes = [TestSite.Route(TestSite.To(Upstream.OfSite("a", "shop/web.v1.0123456789abcdef.site", "shop/web.v2.0123456789abcdef.site")))] };

        var read = JsonSerializer.Deserialize(JsonSerializer.Serialize(table, ModelJson.Default.RouteTable), ModelJson.Default.RouteTable)!;

        read.Routes[0].Destinations[0].Upstreams[0].ShouldBe(table.Routes[0].Destinations[0].Upstreams[0]);
    }
}
