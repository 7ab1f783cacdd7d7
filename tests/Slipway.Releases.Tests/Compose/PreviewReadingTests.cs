using Slipway.Model;

namespace Slipway.Releases.Tests.Compose;

public sealed class PreviewReadingTests
{
    const string Hash = "$$2y$$05$$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe";

    static string File(string previews, string service = "") =>
        $"x-release:\n  previews: {previews}\nservices:\n  web:\n    image: app\n    expose: [80]\n    x-release: {{port: 80{service}}}\nsecrets:\n  db: {{content: x}}\n";

    [Fact]
    public void Previews_Everything_IsRead()
    {
        using var folder = new ComposeFolder(File($$"""
            {host: "{name}-{service}.preview.example.com", ttl: 3d, max: 5, services: [web], environment: {MODE: preview}, scale: 2, secrets: [db], share: [assets, ./logo.png], auth: {realm: team, users: {ann: "{{Hash}}"} }, index: true, certificate: acme}
            """));
        var policy = folder.Read().Previews.ShouldNotBeNull();
        policy.Host.ShouldBe("{name}-{service}.preview.example.com");
        (policy.Lasts, policy.Max, policy.Scale, policy.Index, policy.OrdersCertificates, policy.Off, policy.AllSecrets).ShouldBe((TimeSpan.FromDays(3), 5, 2, true, true, false, false));
        policy.Services.ShouldBe(["web"]);
        policy.Secrets.ShouldBe(["db"]);
        policy.Environment["MODE"].ShouldBe("preview");
        policy.Share.ShouldBe(["assets", Path.Combine(folder.Folder, "logo.png")]);
        policy.Auth!.Users.Keys.ShouldBe(["ann"]);
        folder.Check().Diagnostics.ShouldBeEmpty();
    }

    [Fact]
    public void Previews_Nothing_IsTheDefault()
    {
        using var silent = new ComposeFolder("services: {web: {image: app}}");
        silent.Read().Previews.ShouldBeNull();
        using var off = new ComposeFolder(File("false"));
        off.Read().Previews!.Off.ShouldBeTrue();
        using var all = new ComposeFolder(File("{secrets: true}"));
        all.Read().Previews!.Gives("anything").ShouldBeTrue();
        using var empty = new ComposeFolder(File("{}"));
        var defaults = empty.Read().Previews!;
        (defaults.Host, defaults.Lasts, defaults.Max, defaults.Scale, defaults.Gives("db")).ShouldBe(("{name}.{host}", TimeSpan.FromDays(7), 20, 1, false));
    }

    [Theory]
    [InlineData("{host: preview.example.com}", "x-release.previews.host", "{name}")]
    [InlineData("{host: \"{name}_x.example.com\"}", "x-release.previews.host", "makes no host name")]
    [InlineData("{host: \"{nmae}.{name}.example.com\"}", "x-release.previews.host", "makes no host name")]
    [InlineData("{ttl: 10s}", "x-release.previews.ttl", "1m to 366d")]
    [InlineData("{max: 0}", "x-release.previews.max", "1 to 1000")]
    [InlineData("{services: [wbe]}", "x-release.previews.services", "wbe")]
    [InlineData("{secrets: [dB]}", "x-release.previews.secrets", "dB")]
    [InlineData("{secrets: some}", "x-release.previews.secrets", "true or false")]
    [InlineData("{certificate: paid}", "x-release.previews.certificate", "own")]
    [InlineData("{auth: {}}", "x-release.previews.auth", "nobody is let in")]
    [InlineData("{hosts: x}", "x-release.previews.hosts", "perhaps 'host'")]
    [InlineData("[web]", "x-release.previews", "a mapping")]
    public void Previews_Wrong_SaysWhatWouldBeRight(string previews, string key, string expected)
    {
        using var folder = new ComposeFolder(File(previews));
        var error = folder.Errors().ShouldHaveSingleItem();
        error.Key.ShouldBe(key);
        error.ToString().ShouldContain(expected);
        error.Line.ShouldBe(2);
    }

    [Fact]
    public void Previews_OfAService_IsRefused()
    {
        using var folder = new ComposeFolder(File("{}", ", previews: {max: 3}"));
        folder.Errors().ShouldHaveSingleItem().ShouldSatisfyAllConditions(e => e.Key.ShouldBe("services.web.x-release.previews"), e => e.Expected!.ShouldContain("file's own"));
    }
}
