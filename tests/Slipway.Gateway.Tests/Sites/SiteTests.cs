using System.Net;
using Slipway.Model;

namespace Slipway.Gateway.Tests.Sites;

/// <summary>What a path is answered with: RFC 9110, RFC 3986.</summary>
public sealed class SiteTests : IAsyncLifetime
{
    const string Home = "<h1>home</h1>", About = "<p>about</p>", Docs = "<p>docs</p>", Script = "console.log(1)", Missing = "<p>lost?</p>";

    static readonly Dictionary<string, string> Files = new()
    {
        ["/index.html"] = Home,
        ["/about.html"] = About,
        ["/docs/index.html"] = Docs,
        ["/docs/a b+ü.txt"] = "text",
        ["/app.3f2a9c1b.js"] = Script,
        ["/logo.unknown"] = "?",
        ["/empty.txt"] = "",
        ["/.well-known/security.txt"] = "Contact: x",
    };

    readonly TestSite _site = new();
    TestGateway _gateway = null!;
    HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _gateway = await _site.Start();
        _client = _gateway.Client();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _gateway.DisposeAsync();
    }

    [Theory]
    [InlineData("GET", "/", 200, Home, "text/html; charset=utf-8")]
    [InlineData("GET", "/index.html?v=2", 200, Home, "text/html; charset=utf-8")]
    [InlineData("GET", "/docs/", 200, Docs, "text/html; charset=utf-8")]
    [InlineData("GET", "/docs/a%20b+%C3%BC.txt", 200, "text", "text/plain; charset=utf-8")]
    [InlineData("GET", "/docs/%61%20b%2B%c3%bc.txt", 200, "text", "text/plain; charset=utf-8")]
    [InlineData("GET", "/x/../docs/./", 200, Docs, "text/html; charset=utf-8")]
    [InlineData("GET", "/%2e%2e/docs/%2E/index.html", 200, Docs, "text/html; charset=utf-8")]
    [InlineData("GET", "/app.3f2a9c1b.js", 200, Script, "text/javascript; charset=utf-8")]
    [InlineData("GET", "/logo.unknown", 200, "?", "application/octet-stream")]
    [InlineData("GET", "/empty.txt", 200, "", "text/plain; charset=utf-8")]
    [InlineData("GET", "/.well-known/security.txt", 200, "Contact: x", "text/plain; charset=utf-8")]
    [InlineData("HEAD", "/", 200, "", "text/html; charset=utf-8")]
    [InlineData("GET", "/docs%2Findex.html", 404, null, null)]
    [InlineData("GET", "/Index.html", 404, null, null)]
    [InlineData("GET", "/index.html/", 404, null, null)]
    [InlineData("GET", "//index.html", 404, null, null)]
    [InlineData("GET", "/about", 404, null, null)]
    [InlineData("GET", "/../../etc/passwd", 404, null, null)]
    [InlineData("GET", "/..%2f..%2fetc/passwd", 404, null, null)]
    [InlineData("GET", "/docs/..%5c..%5cindex.html", 404, null, null)]
    [InlineData("POST", "/", 405, null, null)]
    [InlineData("PUT", "/new.txt", 405, null, null)]
    [InlineData("DELETE", "/index.html", 405, null, null)]
    [InlineData("OPTIONS", "/", 405, null, null)]
    public async Task Request_ByPathAndMethod_IsAnsweredAsTheStandardsSay(string method, string target, int status, string? body, string? type)
    {
        await Serve();

        var (head, content) = await Raw(method, target);

        head[0].ShouldStartWith($"HTTP/1.1 {status} ");
        if (body is not null) content.ShouldBe(body);
        if (type is not null) head.ShouldContain($"Content-Type: {type}");
        if (status == 405) head.ShouldContain("Allow: GET, HEAD");
        if (status == 200 && method == "HEAD") head.ShouldContain($"Content-Length: {Home.Length}");
    }

    [Theory]
    [InlineData("/docs", "/docs/")]
    [InlineData("/docs?a=1&b=/", "/docs/?a=1&b=/")]
    [InlineData("/%64ocs", "/%64ocs/")]
    public async Task Folder_WithoutItsSlash_IsRedirectedAsItWasWritten(string target, string location)
    {
        await Serve();

        var (head, _) = await Raw("GET", target);

        head[0].ShouldStartWith("HTTP/1.1 301 ");
        head.ShouldContain($"Location: {location}");
    }

    [Fact]
    public async Task Folder_BehindSeveralSlashes_NeverLeadsToAnotherHost()
    {
        await Serve(new StaticFiles { Root = "/" }, policy: new RoutePolicy { Rewrite = new PathRewrite("/app", "") }, path: "/app");

        var (head, _) = await Raw("GET", "/app//docs");

        head.Single(h => h.StartsWith("Location:", StringComparison.Ordinal)).ShouldBe("Location: /app//docs/");
    }

    [Fact]
    public async Task Path_OfTheRoute_IsStrippedWhereThatIsAsked()
    {
        await Serve(policy: new RoutePolicy { Rewrite = new PathRewrite("/site", "") }, path: "/site");

        (await _client.GetStringAsync("/site/docs/", TestGateway.Cancel)).ShouldBe(Docs);
        (await _client.GetStringAsync("/site", TestGateway.Cancel)).ShouldBe(Home);
    }

    [Fact]
    public async Task Extension_IsTriedBehindThePath_ButAFileGoesBefore()
    {
        await Serve(TestSite.Settings with { Extensions = [".html"] });

        (await _client.GetStringAsync("/about", TestGateway.Cancel)).ShouldBe(About);
        (await _client.GetAsync("/about/", TestGateway.Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("/shop/cart", "*/*", 200, Home, null)]
    [InlineData("/shop/cart", "text/html", 200, Home, null)]
    [InlineData("/users/john.doe", "text/html,*/*;q=0.8", 200, Home, "Accept")]
    [InlineData("/assets/gone.js", "*/*", 404, Missing, "Accept")]
    [InlineData("/about.html", "*/*", 200, About, null)]
    public async Task Fallback_AnswersWhatIsNoFile_ButNoScriptThatIsGone(string path, string accept, int status, string body, string? vary)
    {
        await Serve(TestSite.Settings with { Fallback = "/index.html", NotFound = "/404.html" }, new Dictionary<string, string>(Files) { ["/404.html"] = Missing });
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", accept } } };

        using var answer = await _client.SendAsync(request, TestGateway.Cancel);

        ((int)answer.StatusCode).ShouldBe(status);
        (await answer.Content.ReadAsStringAsync(TestGateway.Cancel)).ShouldBe(body);
        answer.Headers.Vary.ShouldBe(vary is null ? [] : [vary]);
    }

    [Fact]
    public async Task NotFound_WithAPageOfItsOwn_HasNoValidatorsOfThatPage()
    {
        await Serve(files: new Dictionary<string, string>(Files) { ["/404.html"] = Missing });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/gone") { Headers = { { "If-None-Match", TestSite.ETag(Missing) } } };

        using var answer = await _client.SendAsync(request, TestGateway.Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await answer.Content.ReadAsStringAsync(TestGateway.Cancel)).ShouldBe(Missing);
        (answer.Headers.ETag, answer.Content.Headers.LastModified).ShouldBe((null, null));
    }

    [Theory]
    [InlineData("/index.html", "no-cache")]
    [InlineData("/app.3f2a9c1b.js", "max-age=31536000, immutable")]
    [InlineData("/assets/logo.png", "max-age=3600")]
    [InlineData("/assets/deep/x-1234567a.css", "no-store")]
    [InlineData("/assetsx.txt", "no-cache")]
    [InlineData("/feed.xml", null)]
    public async Task CacheControl_ByTheFirstRuleThatMatches_ElseByTheName(string path, string? control)
    {
        var files = new[] { "/index.html", "/app.3f2a9c1b.js", "/assets/logo.png", "/assets/deep/x-1234567a.css", "/assetsx.txt", "/feed.xml" }.ToDictionary(p => p, p => p);
        await Serve(TestSite.Settings with { Cache = [new CacheRule("/assets/**.css", "no-store"), new CacheRule("/assets", "max-age=3600"), new CacheRule("*.xml", "")] }, files);

        using var answer = await _client.GetAsync(path, TestGateway.Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (answer.Headers.TryGetValues("Cache-Control", out var values) ? string.Join(",", values) : null).ShouldBe(control);
    }

    [Fact]
    public async Task RequestWithABody_IsRefusedAndTheConnectionGoesOn()
    {
        await Serve();

        using var posted = await _client.PostAsync("/", new StringContent(new string('x', 100_000)), TestGateway.Cancel);

        posted.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        (await _client.GetStringAsync("/", TestGateway.Cancel)).ShouldBe(Home);
    }

    [Fact]
    public async Task Http2_IsServedAlike()
    {
        await Serve();
        using var client = _gateway.Client(version: HttpVersion.Version20);

        (await client.GetStringAsync("/docs/", TestGateway.Cancel)).ShouldBe(Docs);
    }

    Task Serve(StaticFiles? settings = null, IReadOnlyDictionary<string, string>? files = null, RoutePolicy? policy = null, string path = "/") =>
        _gateway.Publish(TestSite.Route(TestSite.To(_site.Write(1, files ?? Files, settings))) with { Policy = policy, Path = path });

    /// <summary>As it stands: a client of .NET's would resolve and escape the path before it is sent.</summary>
    async Task<(string[] Head, string Body)> Raw(string method, string target)
    {
        var answer = await _gateway.Raw($"{method} {target} HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n");
        var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (answer[..end].Split("\r\n"), answer[(end + 4)..]);
    }
}
