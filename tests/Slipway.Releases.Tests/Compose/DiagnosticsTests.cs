using Slipway.Model;
using Slipway.Releases.Compose;

namespace Slipway.Releases.Tests.Compose;

public sealed class DiagnosticsTests
{
    [Theory]
    [InlineData("services:\n  web:\n\timage: a\n", 3, "tab")]
    [InlineData("services: [\n", null, "no YAML")]
    [InlineData("just text", 1, "no Compose file")]
    [InlineData("", 1, "empty")]
    [InlineData("services:\n  web: {image: a}\n  web: {image: b}\n", 3, "second time")]
    [InlineData("services:\n  web: {image: *gone}\n", 2, "no anchor")]
    [InlineData("services:\n  web: {image: !odd a}\n", 2, "tag")]
    [InlineData("services: {}\n", 1, "no service")]
    [InlineData("servces:\n  web: {image: a}\n", 1, "not known")]
    [InlineData("services:\n  web: {imag: a, image: b}\n", 2, "not known")]
    [InlineData("services:\n  web: {ports: ['80']}\n", 2, "neither image nor build")]
    [InlineData("services:\n  we b: {image: a}\n", 2, "no name")]
    [InlineData("name: '-!-'\nservices:\n  web: {image: a}\n", 1, "no app name")]
    [InlineData("services: [web]\n", 1, "a mapping belongs")]
    public void File_Broken_IsOneErrorWithItsPlace(string text, int? line, string message)
    {
        using var folder = new ComposeFolder(text);
        var error = folder.Errors().ShouldHaveSingleItem();
        error.Message.ShouldContain(message);
        error.File.ShouldBe("compose.yaml");
        if (line is not null) error.Line.ShouldBe(line);
        error.Column.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("ports: ['99999:80']", "ports[0]", "'99999' is no port")]
    [InlineData("ports: 80", "ports", "a list belongs")]
    [InlineData("ports: [{published: 80}]", "ports[0]", "without a target")]
    [InlineData("depends_on: [db]", "depends_on[0]", "no service 'db'")]
    [InlineData("depends_on: [web]", "depends_on[0]", "depends on itself")]
    [InlineData("volumes: ['data:/d']", "volumes[0]", "no volume 'data'")]
    [InlineData("volumes: ['./d:d']", "volumes[0]", "no absolute path")]
    [InlineData("volumes: ['./d:/d:rx']", "volumes[0]", "mode 'rx'")]
    [InlineData("volumes: ['./a:/d', './b:/d']", "volumes[1]", "target /d")]
    [InlineData("networks: [back]", "networks[0]", "no network 'back'")]
    [InlineData("secrets: [s]", "secrets[0]", "no secret 's'")]
    [InlineData("configs: [s]", "configs[0]", "no config 's'")]
    [InlineData("env_file: gone.env", "env_file", "does not exist")]
    [InlineData("build: ./gone", "build", "no folder")]
    [InlineData("build: https://example.com/x.git", "build", "not on this machine")]
    [InlineData("stop_grace_period: 10", "stop_grace_period", "no duration")]
    [InlineData("mem_limit: lots", "mem_limit", "no size")]
    [InlineData("tty: maybe", "tty", "neither true nor false")]
    [InlineData("deploy: {replicas: -1}", "deploy.replicas", "no number")]
    [InlineData("hostname: [a]", "hostname", "a single value belongs")]
    [InlineData("healthcheck: {test: [curl, x]}", "healthcheck.test", "begins with 'curl'")]
    [InlineData("healthcheck: {intervall: 5s}", "healthcheck.intervall", "not known")]
    [InlineData("network_mode: 'service:db'", "network_mode", "would tie")]
    [InlineData("network_mode: 'container:db'", "network_mode", "would tie")]
    [InlineData("ipc: 'service:db'", "ipc", "would tie")]
    [InlineData("restart: sometimes", "restart", "no restart policy")]
    [InlineData("gpus: all", "gpus", "refused")]
    [InlineData("external_links: [a]", "external_links", "refused")]
    [InlineData("post_start: [{command: x}]", "post_start", "refused")]
    [InlineData("extends: gone", "extends", "no service 'gone'")]
    [InlineData("extends: {file: gone.yaml, service: x}", "extends.file", "does not exist")]
    [InlineData("environment: ['A=${B:?set B}']", "environment[0]", "set B")]
    [InlineData("environment: ['A=${B']", "environment[0]", "no closing brace")]
    [InlineData("deploy: {replicas: 2}\nports: ['53:53/udp']", "ports", "can't all publish")]
    [InlineData("ports: ['53:53/udp', '53:54/udp']", "ports", "published twice")]
    [InlineData("command: \"sh 'x\"", "command", "quote is not closed")]
    public void Service_BadValue_IsOneErrorAtItsKey(string keys, string key, string message)
    {
        var error = ComposeFolder.ErrorsOf(keys).ShouldHaveSingleItem();
        error.Key.ShouldBe("services.web." + key);
        error.Message.ShouldContain(message);
        (error.File, error.Line, error.Column is not null).ShouldBe(("compose.yaml", error.Line >= 4 ? error.Line : -1, true));
        if (error.Severity == Severity.Error && !message.StartsWith("refused", StringComparison.Ordinal)) error.Expected.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void Errors_OfAllKinds_AreReportedTogether()
    {
        using var folder = new ComposeFolder("""
            services:
              web:
                image: UPPER
                prots: ['80']
                ports: ['0:80']
                depends_on: [gone]
                environment: ['A=${B:?}']
            """);
        var thrown = Should.Throw<InvalidInputException>(() => folder.Read());
        thrown.Diagnostics.Select(d => d.Line!.Value).Order().ShouldBe([3, 4, 5, 6, 7]);
        thrown.Message.ShouldContain("(expected perhaps 'ports')");
    }

    [Fact]
    public void Cycle_InDependencies_IsNamed()
    {
        using var folder = new ComposeFolder("services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, links: [c]}\n  c: {image: x, depends_on: [a]}\n");
        folder.Errors().ShouldHaveSingleItem().Message.ShouldContain("a → b → c → a");
    }

    [Fact]
    public void Aliases_ThatExplode_AreRefusedQuickly()
    {
        var text = "a: &a [x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range('b', 12).Select(c =>
            $"{(char)c}: &{(char)c} [{string.Join(',', Enumerable.Repeat("*" + (char)(c - 1), 9))}]\n"));
        using var folder = new ComposeFolder(text);
        folder.Errors().ShouldHaveSingleItem().Message.ShouldContain("too large");
    }

    [Fact]
    public void Aliases_OfOneLargeValue_AreRefused()
    {
        var large = "a: &a [" + string.Join(',', Enumerable.Repeat('x', 60_000)) + "]\n";
        using var folder = new ComposeFolder(large + "b: [" + string.Join(',', Enumerable.Repeat("*a", 60_000)) + "]\n");
        folder.Errors().ShouldHaveSingleItem().Message.ShouldContain("too large");
    }

    [Fact]
    public void Value_WithNul_IsAnError()
    {
        using var folder = new ComposeFolder("services: {web: {image: a, volumes: [\"./a\\0b:/x\"]}}");
        folder.Errors().ShouldHaveSingleItem().Message.ShouldContain("NUL");
    }

    [Fact]
    public void Nesting_TooDeep_IsRefused()
    {
        using var folder = new ComposeFolder("x-a: " + new string('[', 5000) + new string(']', 5000));
        folder.Errors().ShouldHaveSingleItem().Message.ShouldContain("too deeply");
    }

    [Fact]
    public void Folder_WithoutFile_SaysWhatWasLookedFor()
    {
        using var folder = new ComposeFolder();
        folder.Errors().ShouldHaveSingleItem().Expected.ShouldNotBeNull().ShouldContain("docker-compose.yml");
    }

    [Fact]
    public void Variable_Unset_WarnsAndIsEmpty()
    {
        using var folder = new ComposeFolder("services:\n  web:\n    image: app:${TAG}x\n");
        var result = ComposeFile.Read(folder.Request);
        result.Model.Find("web")!.Image.ShouldBe("app:x");
        result.Warnings.ShouldHaveSingleItem().ToString().ShouldStartWith("compose.yaml:3:12: warning: services.web.image: the variable TAG is not set");
    }
}
