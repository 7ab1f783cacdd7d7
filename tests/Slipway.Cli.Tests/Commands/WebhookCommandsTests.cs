namespace Slipway.Cli.Tests.Commands;

public sealed class WebhookCommandsTests
{
    const string Hook = """
        {"name":"ci","url":"https://ci.example.com/...","app":"shop","format":"cloudevents","events":["done"],"delivered":7,"dead":1,"waiting":2,"failures":3,"error":"the receiver answered 503",
         "addedBy":"alice","created":"2026-11-29T10:00:00Z"}
        """;

    readonly List<string> _asked = [];

    [Fact]
    public async Task Add_SendsWhatWasSaid_AndShowsTheSecretOnce()
    {
        var shell = await Run(0, "webhook", "add", "https://ci.example.com/x", "--app", "shop", "--name", "ci", "--event", "done, failed", "--event", "holding", "--format", "slack", "--previews");
        _asked.ShouldBe(["""POST /api/v1/apps/shop/webhooks {"url":"https://ci.example.com/x","name":"ci","events":["done","failed","holding"],"format":"slack","previews":true}"""]);
        shell.Out.ShouldContain("✔ ci gets done of shop, as cloudevents\n  signed with whsec_x  (not shown again)\n");
    }

    [Fact]
    public async Task Add_SecretFromAFile_IsSentAndNotShown()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "secret");
        await File.WriteAllTextAsync(file, "whsec_mine\n", TestContext.Current.CancellationToken);
        var shell = await Run(0, "webhook", "add", "https://ci.example.com/x", "--secret-file", file);
        _asked.Single().ShouldStartWith("""POST /api/v1/webhooks {"url":"https://ci.example.com/x","events":[],"previews":false,"secret":"whsec_mine"}""");
        shell.Out.ShouldNotContain("whsec");
    }

    [Theory]
    [InlineData("POST /api/v1/apps/shop/webhooks/ci/test", "✔ ci answered 204\n", "test", "ci", "--app", "shop")]
    [InlineData("POST /api/v1/webhooks/ci/enable?fromNow=true", "✔ ci gets what happens from now on\n", "enable", "ci", "--from-now")]
    [InlineData("POST /api/v1/webhooks/ci/resend?id=42", "✔ 1 delivery waits for ci again\n", "resend", "ci", "42")]
    [InlineData("DELETE /api/v1/apps/shop/webhooks/ci", "✔ ci is removed\n", "rm", "ci", "--app", "shop")]
    public async Task Command_AsksTheApi_AndSaysWhatIsTrueNow(string request, string said, params string[] args)
    {
        var shell = await Run(0, ["webhook", .. args]);
        _asked.ShouldBe([request]);
        shell.Out.ShouldBe(said);
    }

    [Fact]
    public async Task List_ShowsHowDeliveriesGo() => (await Run(0, "webhook", "ls", "--app", "shop")).Out.ShouldContain("failing (3x): the receiver answered 503");

    [Fact]
    public async Task Deliveries_ShowStateAndAnswer()
    {
        var shell = await Run(0, "webhook", "deliveries", "ci", "--app", "shop", "--state", "dead", "-n", "5");
        _asked.ShouldBe(["GET /api/v1/apps/shop/webhooks/ci/deliveries?most=5&state=dead"]);
        System.Text.RegularExpressions.Regex.Split(shell.Out.Split('\n')[1], " {2,}").ShouldBe(
            ["42", "done", "shop", new DateTimeOffset(2026, 11, 29, 10, 0, 0, TimeSpan.Zero).ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", null), "dead", "5", "the receiver answered 400"]);
    }

    [Fact]
    public async Task RegistryWebhook_IsOfTheRegistry()
    {
        await Run(0, "registry", "webhook", "remove", "ci");
        _asked.ShouldBe(["DELETE /api/v1/registry/webhooks/ci"]);
    }

    async Task<TestShell> Run(int code, params string[] args)
    {
        await using var server = await LoopbackServer.Start(async http =>
        {
            using var reader = new StreamReader(http.Request.Body);
            var body = await reader.ReadToEndAsync();
            lock (_asked) _asked.Add($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString} {body}".TrimEnd());
            await LoopbackServer.Json(http, (http.Request.Method, http.Request.Path.Value!) switch
            {
                ("POST", var path) when path.EndsWith("/webhooks", StringComparison.Ordinal) => Hook.Replace("\"name\"", "\"secret\":\"whsec_x\",\"name\"", StringComparison.Ordinal),
                ("POST", var path) when path.EndsWith("/test", StringComparison.Ordinal) => """{"accepted":true,"status":204}""",
                ("POST", var path) when path.EndsWith("/resend", StringComparison.Ordinal) => """{"count":1}""",
                ("GET", var path) when path.EndsWith("/deliveries", StringComparison.Ordinal) =>
                    """[{"event":42,"type":"done","app":"shop","time":"2026-11-29T10:00:00Z","state":"dead","attempts":5,"status":400,"error":"the receiver answered 400"}]""",
                _ => $"[{Hook}]",
            });
        });
        var shell = new TestShell();
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = (server.Url, "secret");
        (await shell.Run(args)).ShouldBe(code, shell.Error + shell.Out);
        return shell;
    }
}
