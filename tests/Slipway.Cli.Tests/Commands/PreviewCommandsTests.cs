using Slipway.Model;

namespace Slipway.Cli.Tests.Commands;

public sealed class PreviewCommandsTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    static string App(string app, string? preview = null, string created = "2026-11-29T00:00:00Z") => $$"""
        {"app": "{{app}}", "live": 1, "urls": ["http://{{(preview is null ? "" : preview + ".")}}web.shop.localhost/"],
         "services": [{"service": "web", "release": 1, "replicas": 1, "ready": 1, "image": "x"}]{{(preview is null ? "" : $$"""
         , "preview": {"of": "shop", "name": "{{preview}}", "branch": "feature/{{preview}}", "created": "{{created}}", "expires": "{{DateTimeOffset.UtcNow.AddDays(3):O}}", "by": "ann"}
         """)}}}
        """;

    static async Task<(TestShell Shell, List<string> Requests, int Code)> Run(Func<string, (int Status, string Body)> answer, TestShell? shell, params string[] args)
    {
        var requests = new List<string>();
        await using var server = await LoopbackServer.Start(async http =>
        {
            using var body = new StreamReader(http.Request.Body);
            var request = $"{http.Request.Method} {http.Request.Path}{http.Request.QueryString} {await body.ReadToEndAsync()}".TrimEnd();
            lock (requests) requests.Add(request);
            var (status, text) = answer(request);
            if (text.Length == 0) http.Response.StatusCode = status;
            else await LoopbackServer.Json(http, text, status);
        });
        shell ??= new TestShell();
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = (server.Url, "secret");
        var code = await shell.Run(args);
        return (shell, requests, code);
    }

    [Fact]
    public async Task List_ShowsBranchUrlAndEnd()
    {
        var (shell, requests, code) = await Run(_ => (200, $"[{App("shop--pr-1", "pr-1")}]"), null, "preview", "ls", "shop");
        code.ShouldBe(0, shell.Error);
        requests.ShouldBe(["GET /api/v1/apps/shop/previews"]);
        shell.Out.ShouldMatch(@"PREVIEW\s+BRANCH\s+LIVE\s+READY\s+ROLLOUT\s+REMOVED\s+URL");
        shell.Out.ShouldMatch(@"pr-1\s+feature/pr-1\s+v1\s+1/1\s+-\s+in 3 days\s+http://pr-1.web.shop.localhost/");
    }

    [Fact]
    public async Task List_None_SaysHowToMakeOne() =>
        (await Run(_ => (200, "[]"), null, "preview", "ls", "shop")).Shell.Out.ShouldContain("slipway deploy --app shop --preview NAME");

    [Fact]
    public async Task Show_IsAskedByTheBranch()
    {
        var (shell, requests, code) = await Run(_ => (200, App("shop--pr-1", "pr-1")), null, "preview", "show", "shop", "feature/pr-1");
        code.ShouldBe(0, shell.Error);
        requests.Single().ShouldStartWith("GET /api/v1/apps/shop/previews/feature%2Fpr-1");
        shell.Out.ShouldContain("pr-1, a preview of shop from feature/pr-1");
        shell.Out.ShouldContain("2026-11-29 00:00 UTC by ann");
        shell.Out.ShouldContain("shop--pr-1 v1, for slipway logs, ps, rollback");
    }

    [Fact]
    public async Task Extend_SaysWhenItIsRemoved()
    {
        var (shell, requests, code) = await Run(_ => (200, App("shop--pr-1", "pr-1")), null, "preview", "extend", "shop", "pr-1", "--for", "3d");
        code.ShouldBe(0, shell.Error);
        requests.ShouldBe(["""POST /api/v1/apps/shop/previews/pr-1/extend {"for":"3d"}"""]);
        shell.Out.ShouldContain(" UTC, in 3 days.");
    }

    [Fact]
    public async Task Remove_AsksFirst()
    {
        var (shell, requests, code) = await Run(_ => (204, ""), null, "preview", "rm", "shop", "pr-1");
        code.ShouldBe(2);
        requests.ShouldBeEmpty();
        (shell, requests, code) = await Run(_ => (204, ""), null, "preview", "rm", "shop", "pr-1", "--yes");
        code.ShouldBe(0, shell.Error);
        requests.ShouldBe(["DELETE /api/v1/apps/shop/previews/pr-1"]);
        shell.Out.ShouldContain("The preview pr-1 of shop is removed, with its volumes and images.");
    }

    [Fact]
    public async Task RemoveOfAnApp_SaysHowManyPreviewsGoWithIt()
    {
        var two = $"[{App("shop--pr-1", "pr-1")},{App("shop--pr-2", "pr-2")}]";
        var person = new TestShell { Unseen = new Queue<string>(), Input = "n" };
        var (shell, requests, code) = await Run(_ => (200, two), person, "remove", "shop");
        code.ShouldBe(1);
        shell.Out.ShouldContain("Remove shop with all its releases, and its 2 previews with their volumes? [y/N]");
        requests.ShouldBe(["GET /api/v1/apps/shop/previews"]);
    }

    [Fact]
    public async Task Apps_PreviewsStandBelowTheirApp_OldestFirst()
    {
        var all = $"[{App("shop")},{App("shop--pr-1", "pr-1", "2026-11-29T02:00:00Z")},{App("shop--pr-2", "pr-2", "2026-11-29T01:00:00Z")},{App("shop-api")}]";
        var (shell, _, _) = await Run(_ => (200, all), null, "apps");
        shell.Out.Split('\n').Select(line => line.Length > 8 ? line[..8].TrimEnd() : line).ShouldBe(["APP", "shop", "  pr-2", "  pr-1", "shop-api", ""]);
    }

    [Fact]
    public async Task Deploy_Preview_PrintsWhereItIsAndUntilWhen()
    {
        var (shell, requests, code) = await Deploy();
        code.ShouldBe(0, shell.Error);
        var sent = requests.Single(r => r.StartsWith("POST", StringComparison.Ordinal));
        sent.ShouldStartWith("POST /api/v1/apps/shop/previews {");
        sent.ShouldContain("\"name\":\"feature/pr-1\"");
        sent.ShouldContain("\"for\":\"3d\"");
        shell.Out.ShouldContain("shop--pr-1 v1 is live.");
        shell.Out.ShouldContain("http://pr-1.web.shop.localhost/");
        shell.Out.ShouldMatch(@"removed \d{4}-\d\d-\d\d \d\d:\d\d UTC, in 3 days, or with: slipway preview rm shop pr-1");
    }

    [Fact]
    public async Task Deploy_PreviewAsJson_IsThePreview()
    {
        var (shell, _, code) = await Deploy("--json");
        code.ShouldBe(0, shell.Error);
        var app = System.Text.Json.JsonSerializer.Deserialize(shell.Out, ModelJson.Default.AppStatus)!;
        app.Preview!.Name.ShouldBe("pr-1");
        app.Urls.ShouldBe(["http://pr-1.web.shop.localhost/"]);
    }

    [Theory]
    [InlineData("--for needs --preview", "deploy", ".", "--app", "shop", "--for", "3d")]
    [InlineData("a length of time", "deploy", ".", "--app", "shop", "--preview", "x", "--for", "soon")]
    [InlineData("a length of time", "preview", "extend", "shop", "x", "--for", "soon")]
    public async Task Options_Wrong_AreRefusedBeforeAnythingIsAsked(string why, params string[] args)
    {
        File.WriteAllText(Path.Combine(_folder.Path, "compose.yaml"), "services: {web: {image: app}}");
        var (_, requests, code) = await Run(_ => (200, "[]"), new TestShell { Folder = _folder.Path }, args);
        code.ShouldBe(2, why);
        requests.ShouldBeEmpty();
    }

    Task<(TestShell Shell, List<string> Requests, int Code)> Deploy(params string[] more)
    {
        const string Rollout = """
            {"id": 7, "app": "shop--pr-1", "kind": "deploy", "state": "done", "release": 1, "source": {"directory": "/x", "preview": {"of": "shop", "name": "pr-1"} },
             "created": "2026-11-29T00:00:00Z", "changed": "2026-11-29T00:00:00Z"}
            """;
        const string Events = """{"index": 0, "event": {"type": "state", "state": "done", "release": 1, "time": "2026-11-29T00:00:00Z"} }""";
        File.WriteAllText(Path.Combine(_folder.Path, "compose.yaml"), "services: {web: {image: app}}");
        return Run(
            request => request.Contains("/events", StringComparison.Ordinal) ? (200, Events + "\n") : request.Contains("/rollouts/7", StringComparison.Ordinal) || request.StartsWith("POST", StringComparison.Ordinal)
                ? (202, Rollout.ReplaceLineEndings("")) : (200, App("shop--pr-1", "pr-1")),
            new TestShell { Folder = _folder.Path }, ["deploy", ".", "--app", "shop", "--preview", "feature/pr-1", "--for", "3d", .. more]);
    }
}
