using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Mirroring;

/// <summary>What is copied, what a copy is like, and what is counted.</summary>
public sealed class MirrorTests : IAsyncLifetime
{
    static readonly string Key = Convert.ToBase64String(Enumerable.Range(1, 32).Select(i => (byte)i).ToArray());

    readonly ConcurrentQueue<(string Method, string Target, IHeaderDictionary Headers, string Body)> _primary = new(), _copies = new();
    Backend _live = null!;
    Backend _next = null!;
    TestGateway _gateway = null!;
    HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _live = await Backend.Start("live", context => Answer(context, _primary, "live"));
        _next = await Backend.Start("next", context => Answer(context, _copies, "next"));
        _gateway = await Start();
        _client = _gateway.Client();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _gateway.DisposeAsync();
        await _live.DisposeAsync();
        await _next.DisposeAsync();
    }

    [Fact]
    public async Task Get_AtAllRequests_IsAnsweredByTheLiveReleaseAlone_AndTheNewOneGetsTheSame()
    {
        await Publish();
        for (var i = 0; i < 20; i++)
        {
            using var answer = await _client.GetAsync($"/page?n={i}", Cancel);
            (await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe("live");
            answer.Headers.Contains("Set-Cookie").ShouldBeFalse();
        }

        await Copied(20);

        _copies.Select(c => c.Target).Order().ShouldBe(_primary.Select(p => p.Target).Order());
        var copy = _copies.First();
        copy.Headers["X-Slipway-Mirrored"].ToString().ShouldBe("true");
        copy.Headers.Host.ToString().ShouldBe("app.test");
        var request = _primary.First(p => p.Target == copy.Target);
        foreach (var name in (string[])["X-Request-Id", "traceparent", "X-Forwarded-For", "X-Forwarded-Proto"]) copy.Headers[name].ToString().ShouldBe(request.Headers[name].ToString(), name);
        _primary.ShouldAllBe(p => !p.Headers.ContainsKey("X-Slipway-Mirrored"));
    }

    [Fact]
    public async Task Copies_AreCountedOnTheirOwn_AndInNoReleasesRequests()
    {
        await Publish();
        for (var i = 0; i < 10; i++) await _client.GetStringAsync(i < 3 ? "/?fail" : "/", Cancel);
        await Copied(10);

        var releases = (await _gateway.Control.Report(Cancel)).Releases;

        var live = releases.Single(r => r.Release == 1);
        (live.Requests, live.ByClass[2], live.Mirrored).ShouldBe((10, 10, null));
        var next = releases.Single(r => r.Release == 2);
        next.Requests.ShouldBe(0);
        var copies = next.Mirrored!;
        (copies.Requests, copies.ByClass[2], copies.ByClass[5], copies.Failed, copies.Dropped).ShouldBe((10, 7, 3, 0, 0));
        (copies.Times.Success!.Sum(), copies.Times.ServerError!.Sum()).ShouldBe((7, 3));
    }

    [Fact]
    public async Task Originals_AreTheRequestsThatWereCopied_AndNoOthers()
    {
        await Publish(methods: ["GET", "PUT"]);
        for (var i = 0; i < 10; i++) await _client.GetAsync(i < 2 ? "/?sick" : "/", Cancel);
        await _client.PutAsync("/", new StringContent("small"), Cancel);
        await _client.PutAsync("/", new ByteArrayContent(new byte[300 * 1024]), Cancel);
        await _client.PostAsync("/?sick", new StringContent("not asked for"), Cancel);

        await Copied(11);

        var copies = await Mirrored();
        (copies.Originals.Requests, copies.Originals.Errors, copies.Originals.Success!.Sum(), copies.Dropped).ShouldBe((11, 2, 9, 1));
        await Eventually.Holds(async () => (await _gateway.Control.Report(Cancel)).Releases.Single(r => r.Release == 1).Requests == 13);
    }

    [Fact]
    public void Table_ThatNamesNoMethods_CopiesGetAndHeadAlone()
    {
        // As it stands on the wire, where what is absent is not what a record would begin with.
        var table = JsonSerializer.SerializeToNode(new RouteTable { Version = 7, Routes = [With(CanaryPolicy.AllRequests, null, null)] }, ModelJson.Default.RouteTable)!;
        table["routes"]![0]!["mirror"]!.AsObject().Remove("methods").ShouldBeTrue();
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(table.ToJsonString()));

        var read = Gateway.Control.TableReader.Read(stream);

        read.Routes.Single().Mirror!.Methods.ShouldBe(["GET", "HEAD"]);
    }

    [Fact]
    public async Task Share_OfTenThousand_IsThatOfTheRequests()
    {
        await Publish(share: 2500);
        for (var i = 0; i < 2000; i++) await _client.GetStringAsync("/", Cancel);

        await Eventually.Holds(async () => (await _gateway.Instance("next"))!.InFlight == 0 && (await Mirrored()).Requests == _copies.Count);

        // Ten standard deviations of a binomial with n = 2000, p = 1/4 are 194.
        _copies.Count.ShouldBeInRange(306, 694);
    }

    [Fact]
    public async Task Methods_AreGetAndHead_UnlessMoreAreAskedFor()
    {
        await Publish();
        await _client.PostAsync("/order", new StringContent("one"), Cancel);
        await _client.DeleteAsync("/order", Cancel);
        await _client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/page"), Cancel);
        await _client.GetStringAsync("/page", Cancel);

        await Copied(2);

        _copies.Select(c => c.Method).Order().ShouldBe(["GET", "HEAD"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_WhereAskedFor_IsCopiedWithItsBody(bool chunked)
    {
        await Publish(methods: ["POST"]);
        var body = string.Concat(Enumerable.Range(0, 20_000).Select(i => (char)('a' + (i % 26))));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/order") { Content = new StringContent(body) };
        request.Headers.TransferEncodingChunked = chunked;
        request.Headers.ExpectContinue = true;

        using var answer = await _client.SendAsync(request, Cancel);
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe("live");
        await Copied(1);

        var copy = _copies.Single();
        copy.Body.ShouldBe(body);
        (copy.Headers.ContentLength, copy.Headers.TransferEncoding.Count, copy.Headers.Expect.Count).ShouldBe((body.Length, 0, 0));
        _primary.Single().Body.ShouldBe(body);
    }

    [Fact]
    public async Task Body_AboveTheBound_IsServedAndTheCopyDroppedAndCounted()
    {
        await Publish(methods: ["POST"]);
        var large = new byte[300 * 1024];
        (await (await _client.PostAsync("/", new ByteArrayContent(large), Cancel)).Content.ReadAsStringAsync(Cancel)).ShouldBe("live");
        using var unknown = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new ByteArrayContent(large) };
        unknown.Headers.TransferEncodingChunked = true;
        (await (await _client.SendAsync(unknown, Cancel)).Content.ReadAsStringAsync(Cancel)).ShouldBe("live");

        await Eventually.Holds(async () => (await Mirrored()).Dropped == 2);

        _copies.ShouldBeEmpty();
        _primary.Select(p => p.Body.Length).ShouldBe([large.Length, large.Length]);
        // What they had held is free again.
        await _client.PostAsync("/", new StringContent("small"), Cancel);
        await Copied(1);
    }

    [Fact]
    public async Task Body_ThatNeverComesWhole_IsNoCopy()
    {
        await Publish(methods: ["POST"]);
        using (var socket = await _gateway.Connect(Cancel))
        {
            await socket.SendAsync(Encoding.Latin1.GetBytes("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 100\r\n\r\nhalf"), Cancel);
            await Eventually.Holds(async () => (await _gateway.Instance("live"))!.InFlight == 1);
        }

        await Eventually.Holds(async () => (await Mirrored()).Dropped == 1);

        _copies.ShouldBeEmpty();
    }

    [Fact]
    public async Task ACopy_IsNotCopiedAgain_AndNoClientCanSayThatItIsOne()
    {
        await Publish();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/loop");
        request.Headers.Add("X-Slipway-Mirrored", "true");
        (await (await _client.SendAsync(request, Cancel)).Content.ReadAsStringAsync(Cancel)).ShouldBe("live");
        await _client.GetStringAsync("/real", Cancel);

        await Copied(1);

        _copies.Single().Target.ShouldBe("/real");
        _primary.First(p => p.Target == "/loop").Headers.ContainsKey("X-Slipway-Mirrored").ShouldBeFalse();
    }

    [Fact]
    public async Task Cookies_OfTheApp_AreCopied_AndTheGatewaysOwnIsNot()
    {
        await Publish();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("Cookie", "basket=7; slipway-shop=abc.def; theme=dark");
        await _client.SendAsync(request, Cancel);

        await Copied(1);

        _copies.Single().Headers.Cookie.ToString().ShouldBe("basket=7; theme=dark");
        _primary.Single().Headers.Cookie.ToString().ShouldContain("slipway-shop=abc.def");
    }

    [Fact]
    public async Task Users_ByAHeader_AreCopiedAllTheTimeOrNever_AndWithMoreOfThemStill()
    {
        var users = new RouteSplit { Release = 2, Sticky = StickyKind.Header, Header = "X-User", Key = Key };
        await Publish(share: 3000, users: users);
        for (var round = 0; round < 3; round++)
            for (var user = 0; user < 60; user++) await AskAs(user);
        await Settled();
        var asked = _copies.GroupBy(c => c.Headers["X-User"].ToString()).ToDictionary(g => g.Key, g => g.Count());
        asked.Values.ShouldAllBe(count => count == 3);
        asked.Count.ShouldBeInRange(1, 50);

        _copies.Clear();
        await Publish(share: 6000, users: users);
        for (var user = 0; user < 60; user++) await AskAs(user);
        await Settled();
        _copies.Select(c => c.Headers["X-User"].ToString()).ToHashSet().IsSupersetOf(asked.Keys).ShouldBeTrue();

        async Task AskAs(int user)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            request.Headers.Add("X-User", $"{user}");
            await _client.SendAsync(request, Cancel);
        }
    }

    [Fact]
    public async Task AnUpgrade_IsNotCopied()
    {
        await Publish();
        var answer = await _gateway.Raw("GET /socket HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
        await _client.GetStringAsync("/real", Cancel);
        await Copied(1);
        answer.ShouldContain("live");
        _copies.Single().Target.ShouldBe("/real");
    }

    [Fact]
    public async Task Table_WithoutTheMirror_EndsTheCopies()
    {
        await Publish();
        await _client.GetStringAsync("/", Cancel);
        await Copied(1);
        await _gateway.Publish(Routes.To(_live));
        for (var i = 0; i < 20; i++) await _client.GetStringAsync("/", Cancel);
        // The instance that got them is named by no table and busy with nothing: it is not listed any more.
        await Eventually.Holds(async () => await _gateway.Instance("next") is null);
        _copies.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Mirror_ThatIsWrong_IsRefusedWithEveryReason()
    {
        var route = With(0, ["get"], null) with { Mirror = new RouteMirror { Release = 1, Share = 0, Methods = ["get"], Upstreams = [new Upstream("next", "nowhere", 0)] } };
        var refused = await Should.ThrowAsync<InvalidInputException>(() => _gateway.Publish(route));
        refused.Diagnostics.Select(d => d.Key).ShouldBe(["routes[0].mirror.share", "routes[0].mirror.methods", "routes[0].mirror.release", "routes[0].mirror.upstreams", "routes[0].mirror.upstreams"]);
    }

    Task Publish(int share = CanaryPolicy.AllRequests, IReadOnlyList<string>? methods = null, RouteSplit? users = null) => _gateway.Publish(With(share, methods, users));

    Route With(int share, IReadOnlyList<string>? methods, RouteSplit? users) => Routes.To(_live) with
    {
        Mirror = new RouteMirror { Release = 2, Share = share, Methods = methods ?? RouteMirror.Safe, Users = users, Upstreams = Routes.To(2, 1, _next).Upstreams },
    };

    async Task<MirroredTraffic> Mirrored() => (await _gateway.Control.Report(Cancel)).Releases.Single(r => r.Release == 2).Mirrored!;

    Task Copied(int count) => Eventually.Holds(async () => (await Mirrored()).Requests >= count && _copies.Count >= count);

    Task Settled() => Eventually.Holds(async () => (await _gateway.Instance("next"))!.InFlight == 0 && (await Mirrored()).Requests >= _copies.Count);

    static async Task Answer(HttpContext context, ConcurrentQueue<(string, string, IHeaderDictionary, string)> seen, string text)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        seen.Enqueue((context.Request.Method, context.Request.Path + context.Request.QueryString, new HeaderDictionary(context.Request.Headers.ToDictionary(h => h.Key, h => h.Value)), body));
        if (context.Request.QueryString.Value == (text == "next" ? "?fail" : "?sick")) context.Response.StatusCode = 500;
        await context.Response.WriteAsync(text);
    }
}
