namespace Slipway.Cli.Tests.Commands;

public class ImageCommandsTests
{
    static async Task<TestShell> Run(string answer, params string[] args)
    {
        await using var server = await LoopbackServer.Start(http => LoopbackServer.Json(http, answer));
        var shell = new TestShell();
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = (server.Url, "secret");
        (await shell.Run(args)).ShouldBe(0, shell.Error);
        return shell;
    }

    [Fact]
    public async Task Ls_Repositories_AreATable()
    {
        var shell = await Run("""{"entries":[{"repository":"shop/web","tags":12,"size":42200000,"pushed":"2020-01-01T00:00:00Z","labels":{"team":"core"}},{"repository":"a","tags":0,"size":0,"labels":{}}]}""", "image", "ls", "shop/*");
        var lines = shell.Out.Split('\n');
        lines[0].ShouldBe("REPOSITORY  TAGS  SIZE     PUSHED".PadRight(lines[0].IndexOf("LABELS", StringComparison.Ordinal)) + "LABELS");
        lines[1].ShouldStartWith("shop/web    12    42.2 MB  ");
        lines[1].ShouldEndWith("team=core");
        lines[2].ShouldStartWith("a           0     0 B      -");
    }

    [Fact]
    public async Task Ls_Tags_FollowThePages_AndNothingOfAnImageReachesTheTerminalRaw()
    {
        var asked = new List<string>();
        await using var server = await LoopbackServer.Start(http =>
        {
            lock (asked) asked.Add(http.Request.Query["after"].ToString());
            var tag = asked.Count == 1 ? "v1" : "v2";
            return LoopbackServer.Json(http, $$"""{"entries":[{"tag":"{{tag}}","digest":"sha256:{{new string('a', 64)}}","mediaType":"x","size":1,"platforms":["linux/\u001b[31mevil"],"pushed":"2020-01-01T00:00:00Z","labels":{},"referrers":0}]{{(asked.Count == 1 ? ",\"next\":\"v1\"" : "")}}}""");
        });
        var shell = new TestShell();
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = (server.Url, "secret");
        (await shell.Run("image", "ls", "shop/web")).ShouldBe(0, shell.Error);
        asked.ShouldBe(["", "v1"]);
        shell.Out.ShouldContain("v1   aaaaaaaaaaaa  1 B   linux/evil");
        shell.Out.ShouldContain("v2   aaaaaaaaaaaa");
        shell.Out.ShouldNotContain('\e');
    }

    [Fact]
    public async Task Diff_ShowsWhatCameWentAndChanged()
    {
        var digest = "sha256:" + new string('b', 64);
        var shell = await Run(
            $$"""
            {"from":{"image":"a:1","digest":"{{digest}}","size":5000},"to":{"image":"a:2","digest":"sha256:{{new string('c', 64)}}","platform":"linux/amd64","size":7000},
            "config":[{"key":"user","before":"root"},{"key":"environment.V","before":"1","after":"2"}],
            "layers":[{"change":"shared","digest":"{{digest}}","size":4000,"createdBy":"RUN x"},{"change":"added","digest":"{{digest}}","size":3000}],
            "files":{"added":1,"removed":1,"changed":9,"entries":[
              {"change":"added","path":"/srv/","after":{"size":0,"mode":"0755","owner":"0:0"} },
              {"change":"changed","path":"/etc/a","before":{"size":1,"mode":"0600","owner":"0:0"},"after":{"size":2,"mode":"0644","owner":"1:1"} },
              {"change":"removed","path":"/ln","before":{"size":0,"mode":"0777","owner":"0:0","target":"x"} }]} }
            """,
            "image", "diff", "a:1", "a:2");
        shell.Out.ReplaceLineEndings("\n").ShouldBe(
            """
            a:1 → a:2  linux/amd64
              bbbbbbbbbbbb 5.0 kB → cccccccccccc 7.0 kB
            config
              - user: root
              - environment.V: 1
              + environment.V: 2
            layers
              = bbbbbbbbbbbb  4.0 kB  RUN x
              + bbbbbbbbbbbb  3.0 kB
            files
              + /srv/  0 B 0755
              ~ /etc/a  1 B → 2 B, 0600 → 0644, owner 0:0 → 1:1
              - /ln  → x
              ... and 8 more
              1 added, 1 removed, 9 changed

            """);
    }

    [Fact]
    public async Task Retain_DryRun_SaysWhyEachTagStaysOrGoes()
    {
        var shell = await Run(
            $$"""
            {"project":"shop","dryRun":true,"tagsKept":1,"tagsRemoved":1,"manifestsRemoved":1,"freedBytes":2100000,"repositories":[{"repository":"shop/web","manifestsRemoved":1,"tags":[
              {"tag":"v1","digest":"sha256:{{new string('a', 64)}}","keeps":false,"reason":"no rule keeps it"},{"tag":"v2","digest":"sha256:{{new string('b', 64)}}","keeps":true,"reason":"rule 1: last 1"}]}]}
            """,
            "project", "rules", "retain", "shop", "--dry-run");
        shell.Out.ShouldContain("would go  shop/web:v1  aaaaaaaaaaaa  no rule keeps it");
        shell.Out.ShouldContain("keep      shop/web:v2  bbbbbbbbbbbb  rule 1: last 1");
        shell.Out.ShouldContain("Dry run: 1 tags and 1 manifests would go, 1 tags kept; garbage collection would free 2.1 MB.");
    }

    [Theory]
    [InlineData("image", "rm", "a:1")]
    [InlineData("project", "rules", "retain", "shop")]
    [InlineData("project", "rules", "quota", "shop")]
    [InlineData("project", "rules", "quota", "shop", "--bytes", "10 apples")]
    [InlineData("image", "label", "shop/web", "prod")]
    public async Task WithoutAnswerOrSense_IsMisused_AndNothingIsSent(params string[] args)
    {
        await using var server = await LoopbackServer.Start(_ => throw new InvalidOperationException("nothing was to be sent"));
        var shell = new TestShell();
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = (server.Url, "secret");
        (await shell.Run(args)).ShouldBe(2, shell.Out + shell.Error);
    }

    [Fact]
    public async Task Retention_FromOptionsOrFile_IsThePolicyOfTheApi()
    {
        var bodies = new List<string>();
        await using var server = await LoopbackServer.Start(async http =>
        {
            using var reader = new StreamReader(http.Request.Body);
            bodies.Add(await reader.ReadToEndAsync());
            await LoopbackServer.Json(http, """{"project":"shop","immutable":[],"quota":{},"usage":{"bytes":0,"tags":0,"repositories":0}}""");
        });
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["policy.json"], """{"hour": 3, "rules": [{"keep": "last", "count": 5}]} // ours""");
        File.WriteAllText(folder["wrong.json"], """{"hours": 3}""");
        var shell = new TestShell { Folder = folder.Path };
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = (server.Url, "secret");

        (await shell.Run("project", "rules", "retention", "shop", "--keep-last", "5", "--keep-tags", "v*", "--untagged-after", "7")).ShouldBe(0, shell.Error);
        (await shell.Run("project", "rules", "retention", "shop", "--file", "policy.json")).ShouldBe(0, shell.Error);
        (await shell.Run("project", "rules", "retention", "shop", "--file", "wrong.json")).ShouldBe(2);

        bodies.ShouldBe(
        [
            """{"rules":[{"keep":"last","repositories":"**","tags":"**","count":5},{"keep":"always","repositories":"**","tags":"v*"}],"untaggedAfterDays":7}""",
            """{"rules":[{"keep":"last","repositories":"**","tags":"**","count":5}],"hour":3}""",
        ]);
        shell.Error.ShouldContain("wrong.json is no retention policy");
    }
}
