using Slipway.Model;

namespace Slipway.Releases.Tests.Compose;

public sealed class StaticReadingTests
{
    [Fact]
    public void Static_Short_IsTheRoot_AndTheServiceIsRoutedWithoutAPort()
    {
        var service = ComposeFolder.Service("x-release: {static: /srv/www/}");

        var files = service.Release.Static.ShouldNotBeNull();
        files.ShouldBe(new StaticFiles { Root = "/srv/www", Index = files.Index, Extensions = files.Extensions, Cache = files.Cache });
        files.Index.ShouldBe(["index.html"]);
        (service.Release.Port, service.Release.Strategy, service.Networks.Count, service.Replicas).ShouldBe((null, Strategy.Rolling, 0, 1));
        service.Release.Hosts.ShouldBe(["web.shop.localhost"]);
    }

    [Fact]
    public void Static_Full_IsRead()
    {
        var service = ComposeFolder.Service("""
            x-release:
              strategy: blue-green
              compress: true
              static:
                root: /srv/www
                index: [index.html, default.htm]
                extensions: .html
                fallback: index.html
                not-found: /errors/404.html
                dotfiles: true
                cache:
                  /assets: immutable
                  "*.html": no-cache
                  /api/**: no-store
                  /feeds/*.xml: 10m
                  robots.txt: none
            """);

        var files = service.Release.Static.ShouldNotBeNull();
        (files.Root, files.Fallback, files.NotFound, files.Dotfiles, files.Compress).ShouldBe(("/srv/www", "/index.html", "/errors/404.html", true, true));
        (string.Join(' ', files.Index), string.Join(' ', files.Extensions)).ShouldBe(("index.html default.htm", ".html"));
        files.Cache.ShouldBe([
            new CacheRule("/assets", "max-age=31536000, immutable"), new CacheRule("*.html", "no-cache"), new CacheRule("/api/**", "no-store"), new CacheRule("/feeds/*.xml", "max-age=600"),
            new CacheRule("robots.txt", "")]);
    }

    [Theory]
    [InlineData("static: false")]
    [InlineData("host: x.example.com")]
    public void Static_NotAsked_IsNone(string keys) => ComposeFolder.Service($"ports: ['80']\nx-release: {{{keys}}}").Release.Static.ShouldBeNull();

    [Theory]
    [InlineData("static: {index: a.html}", "it does not say where in the image the files are")]
    [InlineData("static: srv/www", "'srv/www' is no folder in an image")]
    [InlineData("static: /srv/../etc", "'/srv/../etc' is no folder in an image")]
    [InlineData("static: [a]", "a list does not say which files")]
    [InlineData("static: {root: /a, index: a/b.html}", "'a/b.html' is no name of a file")]
    [InlineData("static: {root: /a, extensions: html}", "'html' is no extension")]
    [InlineData("static: {root: /a, fallback: /}", "'/' is no path of a file")]
    [InlineData("static: {root: /a, not-found: ../x}", "'../x' is no path of a file")]
    [InlineData("static: {root: /a, cache: {/x: forever}}", "'forever' says not how long")]
    [InlineData("static: {root: /a, cache: {a/b: 1h}}", "'a/b' says nothing of paths")]
    [InlineData("static: {root: /a, dotfiles: maybe}", "'maybe' is neither true nor false")]
    [InlineData("static: {root: /a, spa: true}", "the key 'spa' is not known")]
    [InlineData("static: /a, port: 80", "'port' is for a container")]
    [InlineData("static: /a, ready: {http: /up}", "'ready' is for a container")]
    [InlineData("static: /a, before: {run: x}", "'before' is for a container")]
    [InlineData("static: /a, timeouts: {answer: 1s}", "'timeouts' is for a container")]
    [InlineData("static: /a, outliers: true", "'outliers' is for a container")]
    [InlineData("static: /a, strategy: recreate", "nothing of 'web' has to be stopped")]
    public void Static_Wrong_IsSaid(string release, string message) =>
        ComposeFolder.ErrorsOf($"x-release: {{{release}}}").ShouldContain(d => d.Message.Contains(message, StringComparison.Ordinal));

    [Theory]
    [InlineData("ports: ['80:80']")]
    [InlineData("command: serve")]
    [InlineData("entrypoint: serve")]
    [InlineData("volumes: ['/data']")]
    [InlineData("network_mode: host")]
    public void Service_WithWhatAContainerWouldMiss_IsAnError(string key) =>
        ComposeFolder.ErrorsOf($"{key}\nx-release: {{static: /a}}").ShouldContain(d => d.Message.Contains($"'{key.Split(':')[0]}' is for a container, and none runs for 'web'", StringComparison.Ordinal));

    [Theory]
    [InlineData("environment: {A: b}")]
    [InlineData("scale: 3")]
    [InlineData("restart: always")]
    [InlineData("depends_on: [db]")]
    [InlineData("healthcheck: {test: [CMD, x]}")]
    public void Service_WithWhatNobodyMisses_IsAWarning(string key)
    {
        using var folder = new ComposeFolder($"services:\n  db: {{image: db}}\n  web:\n    image: app\n    {key}\n    x-release: {{static: /a}}\n");

        var check = folder.Check();

        check.Diagnostics.ShouldContain(d => d.Severity == Severity.Warning && d.Message.Contains("no container runs for 'web'", StringComparison.Ordinal));
        check.Diagnostics.ShouldNotContain(d => d.Severity == Severity.Error);
        folder.Read().Find("web")!.Container.Environment.ShouldBeEmpty();
    }

    [Fact]
    public void Static_OfTheWholeFile_IsAnError()
    {
        using var folder = new ComposeFolder("services: {web: {image: app, x-release: {host: a.example.com}}}\nx-release: {static: /a}\n");

        folder.Errors().ShouldContain(d => d.Message == "the files are those of one service's image");
    }

    [Fact]
    public void Defaults_OfTheFileForContainers_DoNotDisturb()
    {
        using var folder = new ComposeFolder("services: {web: {image: app, x-release: {static: /a}}}\nx-release: {ready: {http: /up}, port: 8080, strategy: recreate, timeouts: {answer: 1s}, outliers: true, retries: {attempts: 2}, compress: true}\n");

        folder.Errors().ShouldBeEmpty();
        var release = folder.Read().Find("web")!.Release;
        (release.Port, release.Strategy).ShouldBe((null, Strategy.Rolling));
        release.Route.ShouldBe(new RoutePolicy { Compress = true });
    }
}
