using Slipway.Model;
using Slipway.Releases.Diffing;
using Slipway.Releases.Tests.Compose;

namespace Slipway.Releases.Tests.Diffing;

public sealed class ModelDiffTests
{
    const string Base = """
        services:
          web:
            image: shop/web:1
            command: serve --port 5000
            environment: {LOG_LEVEL: info, DB: "postgres://shop:hunter2@db/shop", API_TOKEN: abc, OLD: "1"}
            ports: ["8080:5000"]
            mem_limit: 256m
            depends_on: [db]
            x-release: {host: shop.example.com, strategy: blue-green, drain: {requests: 30s}}
          db:
            image: postgres:16
            volumes: ["data:/var/lib/postgresql/data"]
        volumes: {data: }
        """;

    [Fact]
    public void Between_SameModel_IsEmpty() => Diff(Base, Base).ShouldBeEmpty();

    [Theory]
    [InlineData("LOG_LEVEL: info", "LOG_LEVEL: debug", "web", ChangeKind.Environment, "environment.LOG_LEVEL", "info", "debug")]
    [InlineData(", OLD: \"1\"", "", "web", ChangeKind.Environment, "environment.OLD", "1", null)]
    [InlineData("OLD: \"1\"", "OLD: \"1\", NEW: 2", "web", ChangeKind.Environment, "environment.NEW", null, "2")]
    [InlineData("shop/web:1", "shop/web:2", "web", ChangeKind.Image, "image", "shop/web:1", "shop/web:2")]
    [InlineData("serve --port 5000", "serve --port '50 00'", "web", ChangeKind.Container, "command", "serve --port 5000", "serve --port '50 00'")]
    [InlineData("mem_limit: 256m", "mem_limit: 1g", "web", ChangeKind.Container, "mem_limit", "256m", "1g")]
    [InlineData("mem_limit: 256m", "mem_limit: 256m\n    stop_grace_period: 90s", "web", ChangeKind.Container, "stop_grace_period", null, "1m30s")]
    [InlineData("mem_limit: 256m", "mem_limit: 256m\n    deploy: {replicas: 3}", "web", ChangeKind.Container, "deploy.replicas", "1", "3")]
    [InlineData("mem_limit: 256m", "mem_limit: 256m\n    sysctls: {net.core.somaxconn: 1024}", "web", ChangeKind.Container, "sysctls.net.core.somaxconn", null, "1024")]
    [InlineData("8080:5000", "9090:5000", "web", ChangeKind.Port, "ports", "8080:5000/tcp", null)]
    [InlineData("shop.example.com", "[shop.example.com, www.example.com]", "web", ChangeKind.Release, "x-release.host", "[shop.example.com]", "[shop.example.com, www.example.com]")]
    [InlineData("requests: 30s", "requests: 1m30s", "web", ChangeKind.Release, "x-release.drain.requests", "30s", "1m30s")]
    [InlineData("strategy: blue-green", "strategy: blue-green, https: redirect", "web", ChangeKind.Release, "x-release.https", null, "{mode: redirect}")]
    [InlineData("strategy: blue-green", "strategy: blue-green, rate: 100/m", "web", ChangeKind.Release, "x-release.rate", null, "{burst: 100, per: 1m, requests: 100}")]
    [InlineData("data:/var/lib/postgresql/data", "data:/var/lib/postgresql/data:ro", "db", ChangeKind.Volume, "volumes./var/lib/postgresql/data", "shop_data", "shop_data, read-only")]
    [InlineData("depends_on: [db]", "depends_on: {db: {condition: service_healthy}}", "web", ChangeKind.Dependency, "depends_on.db", "service_started", "service_healthy")]
    public void Between_OneThingChanged_NamesItWithBothValues(string found, string replaced, string service, ChangeKind kind, string key, string? before, string? after)
    {
        var changes = Diff(Base, Base.Replace(found, replaced, StringComparison.Ordinal));
        changes.ShouldContain(c => c.Service == service && c.Kind == kind && c.Key == key && c.Before == before && c.After == after && !c.IsSecret,
            string.Join("\n", changes));
    }

    [Fact]
    public void Between_SecretsChanged_SaysSoAndShowsNone()
    {
        var changes = Diff(Base, Base.Replace("hunter2", "hunter3", StringComparison.Ordinal).Replace("API_TOKEN: abc", "API_TOKEN: xyz", StringComparison.Ordinal)
            .Replace("serve --port 5000", "serve --db-password s3cr3t", StringComparison.Ordinal));
        changes.Select(c => (c.Key, c.Before, c.After, c.IsSecret)).ShouldBe(
        [
            ("environment.API_TOKEN", "***", "***", true),
            ("environment.DB", "postgres://shop:***@db/shop", "postgres://shop:***@db/shop", true),
            ("command", "serve --port 5000", "serve --db-password ***", false),
        ]);
    }

    [Fact]
    public void Between_ServiceComesAndGoes_IsOneChangeEach()
    {
        var changes = Diff(Base, Base.Replace("  db:", "  cache: {image: 'redis:7'}\n  db:", StringComparison.Ordinal));
        changes.Single().ShouldBe(new ModelChange { Service = "cache", Kind = ChangeKind.Service, Key = "", After = "redis:7" });
        Diff(Base.Replace("  db:", "  cache: {image: 'redis:7'}\n  db:", StringComparison.Ordinal), Base).Single()
            .ShouldBe(new ModelChange { Service = "cache", Kind = ChangeKind.Service, Key = "", Before = "redis:7" });
    }

    [Fact]
    public void Between_NothingBefore_NamesEachServiceNetworkAndVolume() =>
        ModelDiff.Between(null, null, Read(Base), null).Select(c => (c.Service, c.Kind, c.Key)).ShouldBe(
        [
            ("web", ChangeKind.Service, ""), ("db", ChangeKind.Service, ""), (null, ChangeKind.Network, "networks.default"), (null, ChangeKind.Volume, "volumes.shop_data"),
        ]);

    [Fact]
    public void Between_OnlyDigestChanged_ShowsTheDigests()
    {
        var model = Read(Base);
        Dictionary<string, string> one = new() { ["web"] = "shop/web@sha256:1", ["db"] = "shop/db@sha256:9" }, other = new() { ["web"] = "shop/web@sha256:2", ["db"] = "shop/db@sha256:9" };
        var change = ModelDiff.Between(model, one, model, other).Single();
        (change.Service, change.Key, change.Before, change.After).ShouldBe(("web", "image", "shop/web@sha256:1", "shop/web@sha256:2"));
        ModelDiff.Between(model, one, Read(Base.Replace("shop/web:1", "shop/web:2", StringComparison.Ordinal)), one).ShouldBeEmpty("the same digest is the same image, whatever its tag");
    }

    [Fact]
    public void Between_FilesOfReleases_AreToldApartByContentAndSecretsStaySecret()
    {
        var hash = new string('a', 64);
        var changes = ModelDiff.Between(
            With(File("tls", $"/data/files/{hash}.444", true), File("conf", $"/data/files/{hash}.444", false)), null,
            With(File("tls", $"/data/files/{new string('b', 64)}.444", true), File("conf", $"/data/files/{new string('b', 64)}.444", false)), null);
        changes.Select(c => (c.Kind, c.Key, c.Before, c.After, c.IsSecret)).ShouldBe(
        [
            (ChangeKind.Secret, "secrets.tls", "***", "***", true),
            (ChangeKind.Config, "configs.conf", "/run/conf (aaaaaaaaaaaa)", "/run/conf (bbbbbbbbbbbb)", false),
        ]);

        static FileGrant File(string name, string source, bool isSecret) => new() { Name = name, Source = source, Target = $"/run/{name}", IsSecret = isSecret };

        static AppModel With(params FileGrant[] files)
        {
            var model = Read(Base);
            return model with { Services = [.. model.Services.Select(s => s.Name == "web" ? s with { Container = s.Container with { Files = files } } : s)] };
        }
    }

    [Fact]
    public void Between_BuildElsewhere_IsNoChangeButItsArgumentsAre()
    {
        const string Built = "services: {web: {build: {context: ., args: {VERSION: '1'}}}}";
        Diff(Built, Built).ShouldBeEmpty("the two were read from different folders");
        Diff(Built, Built.Replace("'1'", "'2'", StringComparison.Ordinal)).Single()
            .ShouldBe(new ModelChange { Service = "web", Kind = ChangeKind.Build, Key = "build.args.VERSION", Before = "1", After = "2" });
    }

    [Fact]
    public void Between_PasswordsOfARoute_AreNeverShown()
    {
        var one = Base.Replace("strategy: blue-green", "strategy: blue-green, auth: {users: {alice: '$$2y$$05$$AJ1lVGAWOPd3jJVGzZMmmeQXzHRCLCXSGhJQrK4WGcmYzzZYMZzZS'}}", StringComparison.Ordinal);
        var changes = Diff(one, one.Replace("AJ1", "BJ1", StringComparison.Ordinal));
        changes.Single().ShouldBe(new ModelChange { Service = "web", Kind = ChangeKind.Release, Key = "x-release.auth.users.alice", Before = "***", After = "***", IsSecret = true });
        Diff(Base, one).ShouldAllBe(c => !(c.After ?? "").Contains("2y", StringComparison.Ordinal));
    }

    static IReadOnlyList<ModelChange> Diff(string before, string after) => ModelDiff.Between(Read(before), null, Read(after), null);

    static AppModel Read(string compose)
    {
        using var folder = new ComposeFolder(compose);
        return folder.Read();
    }
}
