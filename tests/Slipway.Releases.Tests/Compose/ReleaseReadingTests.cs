using Slipway.Model;
using Slipway.Releases.Compose;

namespace Slipway.Releases.Tests.Compose;

public sealed class ReleaseReadingTests
{
    [Fact]
    public void XRelease_Absent_RoutesThePublishedPortWithDefaults()
    {
        var service = ComposeFolder.Service("ports: ['127.0.0.1:8080:80', '2222:22', '80']");
        var release = service.Release;
        release.Hosts.ShouldBe(["web.shop.localhost"]);
        release.Port.ShouldBe(80);
        release.GatewayPorts.ShouldBe([new GatewayPort("127.0.0.1", 8080)]);
        service.Ports.Select(p => p.ToString()).ShouldBe(["2222:22/tcp"]);
        // It holds the host's port 2222 itself.
        release.Strategy.ShouldBe(Strategy.Recreate);
        release.Ready.ShouldBe(new ReadyGate());
    }

    [Theory]
    [InlineData("ports: ['5432:5432']", false)]
    [InlineData("ports: ['80:80/udp']", false)]
    [InlineData("ports: ['8080:80']", true)]
    [InlineData("ports: [5000]", true)]
    [InlineData("expose: [80]", false)]
    [InlineData("expose: [80]\nx-release: {}", true)]
    [InlineData("ports: ['5432:5432']\nx-release: {port: 5432}", true)]
    [InlineData("ports: ['8080:80']\nx-release: false", false)]
    public void Routing_Rule_Holds(string keys, bool isRouted) => ComposeFolder.Service(keys).Release.IsRouted.ShouldBe(isRouted);

    [Fact]
    public void XRelease_Full_IsRead()
    {
        var release = ComposeFolder.Service("expose: [3000]\nx-release:\n  host: [Shop.Example.com, b.example.com]\n  path: /api/\n  strategy: blue-green\n"
            + "  ready: {http: /up, every: 2s, timeout: 3s, passes: 4, within: 5m}\n  drain: {requests: 1s, websockets: 2s}\n  keep: {warm: 2h, releases: 9}").Release;
        release.Hosts.ShouldBe(["shop.example.com", "b.example.com"]);
        (release.Path, release.Port, release.Strategy).ShouldBe(("/api", 3000, Strategy.BlueGreen));
        release.Ready.ShouldBe(new ReadyGate { Http = "/up", Every = TimeSpan.FromSeconds(2), Timeout = TimeSpan.FromSeconds(3), Passes = 4, Within = TimeSpan.FromMinutes(5) });
        release.Drain.ShouldBe(new DrainPolicy { Requests = TimeSpan.FromSeconds(1), WebSockets = TimeSpan.FromSeconds(2) });
        release.Keep.ShouldBe(new KeepPolicy { Warm = TimeSpan.FromHours(2), Releases = 9 });
    }

    [Theory]
    [InlineData("{}", null, null)]
    [InlineData("{https: both}", null, null)]
    [InlineData("{https: redirect, hsts: 180d}", HttpsMode.Redirect, 180L * 86400)]
    [InlineData("{https: only}", HttpsMode.Only, null)]
    [InlineData("{https: off}", HttpsMode.Off, null)]
    [InlineData("{hsts: 0}", HttpsMode.Both, 0L)]
    public void Https_IsRead(string release, HttpsMode? mode, long? hsts)
    {
        var policy = ComposeFolder.Service($"expose: [3000]\nx-release: {release}").Release.Https;

        (policy?.Mode, policy?.Hsts).ShouldBe((mode, hsts));
    }

    [Theory]
    [InlineData("own", true)]
    [InlineData("acme", false)]
    public void Certificate_IsRead(string certificate, bool own) =>
        (ComposeFolder.Service($"expose: [3000]\nx-release: {{certificate: {certificate}}}").Release.Https?.OwnCertificate ?? false).ShouldBe(own);

    [Theory]
    [InlineData("{https: always}", "x-release.https: 'always' says nothing about https (expected both, redirect, only or off)")]
    [InlineData("{hsts: long}", "x-release.hsts: 'long' is no duration")]
    [InlineData("{certificate: other}", "x-release.certificate: 'other' is no source of certificates (expected acme or own)")]
    [InlineData("{https: off, hsts: 1d}", "x-release.hsts: hsts tells browsers to use https alone, and https is off")]
    public void Https_Wrong_IsSaid(string release, string expected)
    {
        using var folder = new ComposeFolder($$"""
            services:
              web:
                image: shop
                expose: [3000]
                x-release: {{release}}
            """);

        Should.Throw<InvalidInputException>(() => ComposeFile.Read(folder.Request)).Message.ShouldContain(expected);
    }

    [Fact]
    public void XRelease_OfTheFile_IsTheDefaultOfRoutedServices()
    {
        using var folder = new ComposeFolder("""
            x-release: {strategy: blue-green, ready: {http: /up, passes: 3}}
            services:
              web: {image: a, ports: ['80'], x-release: {ready: {passes: 5}}}
              worker: {image: a}
              db: {image: a, volumes: ['d:/d']}
            volumes: {d: }
            """);
        var model = folder.Read();
        model.Find("web")!.Release.Strategy.ShouldBe(Strategy.BlueGreen);
        model.Find("web")!.Release.Ready.ShouldBe(new ReadyGate { Http = "/up", Passes = 5 });
        model.Find("worker")!.Release.ShouldSatisfyAllConditions(r => r.Strategy.ShouldBe(Strategy.BlueGreen), r => r.IsRouted.ShouldBeFalse());
        model.Find("db")!.Release.Strategy.ShouldBe(Strategy.Recreate);
    }

    [Fact]
    public void XRelease_FalseForTheFile_RoutesNothing()
    {
        using var folder = new ComposeFolder("x-release: false\nservices: {web: {image: a, ports: ['8080:80']}}");
        var web = folder.Read().Find("web")!;
        web.Release.IsRouted.ShouldBeFalse();
        web.Ports.ShouldHaveSingleItem();
    }

    [Fact]
    public void Strategy_StatefulRouted_IsRecreateUnlessAsked()
    {
        ComposeFolder.Service("ports: ['80']\nvolumes: ['.:/code']").Release.Strategy.ShouldBe(Strategy.Recreate);
        ComposeFolder.Service("ports: ['80']\nvolumes: ['.:/code:ro']").Release.Strategy.ShouldBe(Strategy.Rolling);
        using var folder = new ComposeFolder("services: {web: {image: a, ports: ['80'], volumes: ['.:/code'], x-release: {strategy: blue-green}}}");
        var result = ComposeFile.Read(folder.Request);
        result.Model.Find("web")!.Release.Strategy.ShouldBe(Strategy.BlueGreen);
        result.Warnings.ShouldHaveSingleItem().Message.ShouldContain("share");
    }

    [Theory]
    [InlineData("My_App.1", "my-app-1.shop.localhost")]
    [InlineData("web", "web.shop.localhost")]
    [InlineData("_x_", "x.shop.localhost")]
    public void HostNames_Default_IsAHostName(string service, string host) => HostNames.Default(service, AppName.Parse("shop")).ShouldBe(host);

    [Theory]
    [InlineData("x-release: {strategy: ab}", "strategy", "nobody is to see the new version")]
    [InlineData("x-release: {strategy: bluegreen}", "strategy", "not known")]
    [InlineData("x-release: {match: [{header: {X-Preview: '1'}}]}", "match", "no strategy is named")]
    [InlineData("x-release: {hosts: a.b}", "hosts", "not known")]
    [InlineData("x-release: {host: 'http://a.b'}", "host", "no host name")]
    [InlineData("x-release: {host: a_b.c}", "host", "no host name")]
    [InlineData("x-release: {path: api}", "path", "no path")]
    [InlineData("x-release: {port: 0}", "port", "no number")]
    [InlineData("x-release: {ready: {every: 0}}", "ready.every", "longer than nothing")]
    [InlineData("x-release: {ready: {http: up}}", "ready.http", "no path")]
    [InlineData("x-release: {strategy: rolling, port: 80}\nports: ['80:80', '2222:22']", "strategy", "can't both hold")]
    [InlineData("x-release: [a]", "", "no release policy")]
    public void XRelease_Bad_IsAnErrorAtItsKey(string keys, string key, string message)
    {
        var error = ComposeFolder.ErrorsOf(keys).ShouldHaveSingleItem();
        error.Key.ShouldBe("services.web.x-release" + (key.Length > 0 ? "." + key : ""));
        error.Message.ShouldContain(message);
        error.Line.ShouldNotBeNull();
    }

    [Fact]
    public void Hosts_ClaimedTwice_AreAnError()
    {
        using var folder = new ComposeFolder("services:\n  a: {image: a, x-release: {host: x.y, port: 1}}\n  b: {image: a, x-release: {host: X.y, port: 1}}\n  c: {image: a, x-release: {host: x.y, path: /c, port: 1}}\n");
        folder.Errors().ShouldHaveSingleItem().ToString().ShouldStartWith("compose.yaml:3:");
    }
}
