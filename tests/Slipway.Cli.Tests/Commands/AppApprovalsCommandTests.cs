namespace Slipway.Cli.Tests.Commands;

public sealed class AppApprovalsCommandTests
{
    readonly List<string> _asked = [];

    [Theory]
    [InlineData("""PUT /api/v1/apps/shop/approvals {"by":"release-managers","count":2,"notAuthor":true}""", "✔ Every release of shop waits for 2 approvals by release-managers, not of the person who deployed it, whatever its file says.\n", "--by", "release-managers", "--count", "2", "--not-author")]
    [InlineData("DELETE /api/v1/apps/shop/approvals", "✔ Releases of shop ask for no approval but by its file.\n", "--off")]
    [InlineData("GET /api/v1/apps/shop/approvals", "Every release of shop waits for an approval by qa, whatever its file says.\n")]
    public async Task Approvals_AsksTheApi_AndSaysWhatIsTrueNow(string request, string said, params string[] args)
    {
        var shell = await Run(0, ["app", "approvals", "shop", .. args]);
        _asked.ShouldBe([request]);
        shell.Out.ShouldBe(said);
    }

    [Fact]
    public async Task Approvals_RuleAndOff_AreRefusedBeforeAnythingIsDone()
    {
        await Run(2, "app", "approvals", "shop", "--by", "qa", "--off");
        _asked.ShouldBeEmpty();
    }

    async Task<TestShell> Run(int code, params string[] args)
    {
        await using var server = await LoopbackServer.Start(async http =>
        {
            using var reader = new StreamReader(http.Request.Body);
            var body = await reader.ReadToEndAsync();
            lock (_asked) _asked.Add($"{http.Request.Method} {http.Request.Path} {body}".TrimEnd());
            await LoopbackServer.Json(http, """{"rule":{"by":"qa","count":1,"notAuthor":false}}""");
        });
        var shell = new TestShell();
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = (server.Url, "secret");
        (await shell.Run(args)).ShouldBe(code, shell.Error + shell.Out);
        return shell;
    }
}
