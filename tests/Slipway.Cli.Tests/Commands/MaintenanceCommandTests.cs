namespace Slipway.Cli.Tests.Commands;

public sealed class MaintenanceCommandTests
{
    static async Task<(TestShell Shell, List<string> Requests, int Code)> Run(int status, params string[] args)
    {
        var requests = new List<string>();
        await using var server = await LoopbackServer.Start(async http =>
        {
            using var body = new StreamReader(http.Request.Body);
            var text = await body.ReadToEndAsync();
            lock (requests) requests.Add($"{http.Request.Method} {http.Request.Path} {text}".TrimEnd());
            http.Response.StatusCode = status;
        });
        var shell = new TestShell();
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = (server.Url, "secret");
        var code = await shell.Run(args);
        return (shell, requests, code);
    }

    [Fact]
    public async Task On_WithMessage_IsSent_AndSaysHowToEndIt()
    {
        var (shell, requests, code) = await Run(200, "maintenance", "on", "shop", "--message", "Back at 8", "--retry-after", "10m");
        code.ShouldBe(0, shell.Error);
        requests.ShouldBe(["""PUT /api/v1/apps/shop/maintenance {"message":"Back at 8","retryAfter":600}"""]);
        shell.Out.ShouldContain("answered 503");
        shell.Out.ShouldContain("slipway maintenance off shop");
    }

    [Theory]
    [InlineData(204, "shop is served again.")]
    [InlineData(202, "as soon as a gateway takes its routes")]
    public async Task Off_SaysWhetherItIsDone(int status, string expected)
    {
        var (shell, requests, _) = await Run(status, "maintenance", "off", "shop");
        requests.ShouldBe(["DELETE /api/v1/apps/shop/maintenance"]);
        shell.Out.ShouldContain(expected);
    }

    [Theory]
    [InlineData("maintenance", "on", "shop", "--retry-after", "soon")]
    [InlineData("maintenance", "on", "shop", "--retry-after", "2d")]
    [InlineData("up", "--access-log", "pretty")]
    [InlineData("up", "--trust-proxy", "10.0.0.1/8")]
    [InlineData("up", "--access-log-keep", "-1")]
    public async Task Options_Wrong_AreRefusedBeforeAnythingIsDone(params string[] args)
    {
        var (shell, requests, code) = await Run(200, args);
        code.ShouldBe(2, shell.Out);
        requests.ShouldBeEmpty();
    }
}
