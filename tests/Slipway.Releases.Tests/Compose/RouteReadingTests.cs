using Slipway.Model;
using Slipway.Releases.Compose;

namespace Slipway.Releases.Tests.Compose;

public sealed class RouteReadingTests
{
    const string Bcrypt = "$$2y$$05$$abcdefghijklmnopqrstuuiuvl1p2vPsWE8kkeU5Qm9L9aYlwaQQy";

    [Fact]
    public void Route_ThatAsksForNothing_IsNone()
    {
        var release = ComposeFolder.Service("ports: ['80']\nx-release: {strip: false, rewrite: /, compress: false, outliers: false}").Release;
        release.Route.ShouldBeNull();
        release.Redirects.ShouldBeEmpty();
    }

    [Fact]
    public void Route_Full_IsRead()
    {
        var release = ComposeFolder.Service($$$"""
            ports: ['80']
            x-release:
              host: [Shop.example.com, "*.shop.example.com"]
              path: /api/v1
              strip: /api
              redirect:
                - {from: www.example.com, to: "https://shop.example.com"}
                - {from: /old/, to: /new, code: 302}
              headers:
                request: {set: {X-Env: prod}, remove: Cookie}
                response: {set: {X-Frame-Options: DENY}, remove: [Server]}
              rate: {requests: 100, per: 1m, burst: 20, by: "header:X-Api-Key"}
              max-body: 10m
              max-requests: 50
              timeouts: {connect: 2s, answer: 30s, idle: 1m}
              auth: {realm: staging, users: {alice: "{{{Bcrypt}}}"}}
              addresses: {allow: [10.0.0.0/8, "::1"], deny: 10.9.0.0/16}
              compress: true
              outliers: {failures: 3, eject: 10s, share: 34%}
            """).Release;
        release.Hosts.ShouldBe(["shop.example.com", "*.shop.example.com"]);
        release.Redirects.ShouldBe([
            new RedirectRule { FromHost = "www.example.com", To = new RouteRedirect { Scheme = "https", Host = "shop.example.com" } },
            new RedirectRule { FromPath = "/old", To = new RouteRedirect { Path = "/new", Status = 302 } }]);
        var route = release.Route.ShouldNotBeNull();
        route.Rewrite.ShouldBe(new PathRewrite("/api", ""));
        route.RequestHeaders!.Set.ShouldBe(new Dictionary<string, string> { ["X-Env"] = "prod" });
        route.RequestHeaders.Remove.ShouldBe(["Cookie"]);
        route.ResponseHeaders!.Remove.ShouldBe(["Server"]);
        route.Rate.ShouldBe(new RateLimit { Requests = 100, Per = TimeSpan.FromMinutes(1), Burst = 20, Header = "X-Api-Key" });
        (route.MaxBody, route.MaxRequests, route.Compress).ShouldBe((10 << 20, 50, true));
        route.Timeouts.ShouldBe(new UpstreamTimeouts { Connect = TimeSpan.FromSeconds(2), Answer = TimeSpan.FromSeconds(30), Idle = TimeSpan.FromMinutes(1) });
        route.BasicAuth!.Realm.ShouldBe("staging");
        route.BasicAuth.Users["alice"].ShouldStartWith("$2y$05$");
        route.Addresses!.Allow.ShouldBe(["10.0.0.0/8", "::1"]);
        route.Addresses.Deny.ShouldBe(["10.9.0.0/16"]);
        route.Outliers.ShouldBe(new OutlierPolicy { Failures = 3, Eject = TimeSpan.FromSeconds(10), MaxShare = 34 });
    }

    [Theory]
    [InlineData("rate: 100/m", 100, 60)]
    [InlineData("rate: 5/s", 5, 1)]
    public void Rate_Short_IsItsOwnBurst(string text, int requests, int seconds) =>
        ComposeFolder.Service($"ports: ['80']\nx-release: {{{text}}}").Release.Route!.Rate.ShouldBe(new RateLimit { Requests = requests, Per = TimeSpan.FromSeconds(seconds), Burst = requests });

    [Theory]
    [InlineData("path: /api, strip: true", "/api", "")]
    [InlineData("path: /api, rewrite: /v2", "/api", "/v2")]
    [InlineData("path: /api, rewrite: /", "/api", "")]
    [InlineData("rewrite: /v2/", "/", "/v2")]
    public void Rewrite_Words_AreAPrefixAndWhatReplacesIt(string text, string prefix, string with) =>
        ComposeFolder.Service($"ports: ['80']\nx-release: {{{text}}}").Release.Route!.Rewrite.ShouldBe(new PathRewrite(prefix, with));

    [Fact]
    public void Auth_File_IsReadAsHtpasswdWritesIt()
    {
        using var folder = new ComposeFolder("services: {web: {image: nginx, ports: ['80'], x-release: {auth: {file: ./htpasswd}}}}");
        folder.Write("htpasswd", $"# staff\n\nalice:{Bcrypt.Replace("$$", "$", StringComparison.Ordinal)}\n");
        var auth = ComposeFile.Read(folder.Request).Model.Find("web")!.Release.Route!.BasicAuth!;
        auth.Users.Keys.ShouldBe(["alice"]);
        auth.Realm.ShouldBe("shop");
    }

    [Theory]
    [InlineData("host: '*.*.test'", "host", "'*.*.test' is no host name", "*.example.com")]
    [InlineData("host: 'a.*.test'", "host", "'a.*.test' is no host name", "*.example.com")]
    [InlineData("path: /api, strip: /other", "strip", "no request of the route has a path that begins with '/other'", "/api")]
    [InlineData("strip: true", "strip", "nothing to strip from /", "a part of that path")]
    [InlineData("path: /a, strip: true, rewrite: /b", "rewrite", "both say what becomes of the path", "one of them")]
    [InlineData("rewrite: v2", "rewrite", "'v2' is no path", "/v2")]
    [InlineData("rewrite: /a/../b", "rewrite", "is no path", "/v2")]
    [InlineData("redirect: [{from: www.test}]", "redirect[0]", "does not say from where to where", "{from:")]
    [InlineData("redirect: {from: www.test, to: 'ftp://x.test'}", "redirect.to", "'ftp://x.test' is nothing to redirect to", "https://")]
    [InlineData("redirect: {from: www.test, to: '//x.test'}", "redirect.to", "is nothing to redirect to", "https://")]
    [InlineData("redirect: {from: 'http://www.test', to: x.test}", "redirect.from", "is nothing to redirect from", "/old")]
    [InlineData("redirect: {from: /a, to: /a/b}", "redirect", "would be redirected again", "does not cover")]
    [InlineData("redirect: {from: www.test, to: x.test, code: 304}", "redirect.code", "304 is no redirect", "308")]
    [InlineData("headers: {request: {set: {Content-Length: 1}}}", "headers.request.set.Content-Length", "'Content-Length' is no header that can be changed", "a header's name")]
    [InlineData("headers: {response: {remove: ['a b']}}", "headers.response.remove[0]", "'a b' is no header that can be changed", "a header's name")]
    [InlineData("headers: {response: {set: {X-A: \"a\\nb\"}}}", "headers.response.set.X-A", "the value of 'X-A' is no header's", "one line")]
    [InlineData("rate: 100", "rate", "'100' is no rate", "100/m")]
    [InlineData("rate: 0/s", "rate", "'0/s' is no rate", "100/m")]
    [InlineData("rate: {per: 1m}", "rate", "does not say how many requests", "100/m")]
    [InlineData("rate: {requests: 1, by: cookie}", "rate.by", "'cookie' is no way to tell clients apart", "header:NAME")]
    [InlineData("max-body: much", "max-body", "'much' is no size", "512m")]
    [InlineData("max-requests: 0", "max-requests", "'0' is no number that fits", "from 1")]
    [InlineData("timeouts: {idle: 0s}", "timeouts.idle", "longer than nothing", "30s")]
    [InlineData("addresses: {allow: [10.0.0.1/8]}", "addresses.allow[0]", "'10.0.0.1/8' is no network", "10.0.0.0/8")]
    [InlineData("addresses: {}", "addresses", "neither allow nor deny", "allow:")]
    [InlineData("auth: {users: {alice: secret}}", "auth.users.alice", "the hash of 'alice' can't be verified", "openssl passwd -6")]
    [InlineData("auth: {realm: x}", "auth", "nobody is let in", "users:")]
    [InlineData("auth: {file: ./none}", "auth.file", "does not exist", "htpasswd")]
    [InlineData("outliers: {share: 0%}", "outliers.share", "'0%' is no share", "50%")]
    [InlineData("compress: gzip", "compress", "'gzip' is neither true nor false", "true or false")]
    public void Route_Wrong_SaysWhatIsFoundAndWhatIsRight(string text, string key, string message, string expected)
    {
        using var folder = new ComposeFolder($"services:\n  web:\n    image: nginx\n    ports: ['80']\n    x-release: {{{text}}}\n");
        var wrong = Should.Throw<InvalidInputException>(() => ComposeFile.Read(folder.Request));
        var diagnostic = wrong.Diagnostics.First(d => d.Key == $"services.web.x-release.{key}");
        diagnostic.Message.ShouldContain(message);
        diagnostic.Expected.ShouldNotBeNull().ShouldContain(expected);
        (diagnostic.Found ?? "").ShouldNotContain("secret");
    }

    [Fact]
    public void Redirect_OfAnothersHost_IsRefused()
    {
        using var folder = new ComposeFolder("""
            services:
              web: {image: nginx, ports: ['80'], x-release: {host: a.test, redirect: {from: b.test, to: a.test}}}
              api: {image: nginx, ports: ['81'], x-release: {host: b.test}}
            """);
        var wrong = Should.Throw<InvalidInputException>(() => ComposeFile.Read(folder.Request));
        wrong.Message.ShouldContain("both claim http://b.test/");
    }

    [Fact]
    public void Redirect_OfTheWholeFile_IsRefused()
    {
        using var folder = new ComposeFolder("x-release: {redirect: {from: b.test, to: a.test}}\nservices: {web: {image: nginx, ports: ['80']}}");
        Should.Throw<InvalidInputException>(() => ComposeFile.Read(folder.Request)).Message.ShouldContain("a redirect belongs to one service");
    }
}
