namespace Slipway.Cli.Tests;

public class CommandLineTests
{
    [Theory]
    [InlineData("deploi")]
    [InlineData("apps", "--jsn")]
    [InlineData("rollback")]
    [InlineData("logs", "shop", "--tail", "many")]
    [InlineData("logs", "shop", "--tail", "-1")]
    [InlineData("completion", "tcsh")]
    [InlineData("scale")]
    [InlineData("base", "exprot")]
    public async Task Run_Misused_ExitsWith2AndSaysWhereHelpIs(params string[] args)
    {
        var shell = new TestShell();
        (await shell.Run(args)).ShouldBe(2);
        shell.Error.ShouldContain("--help");
    }

    [Fact]
    public async Task Run_UnknownCommand_IsSaidOnce()
    {
        var shell = new TestShell();
        (await shell.Run("deploi")).ShouldBe(2);
        shell.Error.Split('\n').Count(line => line.StartsWith("error: ", StringComparison.Ordinal)).ShouldBe(1);
        shell.Error.ShouldContain("'deploi'");
    }

    [Fact]
    public async Task Run_SeveralErrorsInTheFile_EachIsMarked()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["compose.yaml"], "services:\n  web:\n    image: debian\n    portss: ['80']\n  db:\n    image: redis\n    ports: ['99999:1']\n");
        var shell = new TestShell { Folder = folder.Path };
        (await shell.Run("deploy")).ShouldBe(2);
        shell.Error.Split('\n').Count(line => line.StartsWith("error: ", StringComparison.Ordinal)).ShouldBe(2);
        shell.Error.ShouldContain("is not known (expected perhaps 'ports')");
        (await shell.Run("check")).ShouldBe(2);
        shell.Out.ShouldContain("2 errors, 0 warnings.");
    }

    [Theory]
    [InlineData("app", "ps", "Big_Shop")]
    [InlineData("--since", "logs", "shop", "--since", "yesterday")]
    [InlineData("--to", "rollback", "shop", "--to", "first")]
    [InlineData("APP/SERVICE=N", "scale", "shop/web=two")]
    [InlineData("APP/SERVICE=N", "scale", "shop=2")]
    [InlineData("--listen", "up", "--listen", "everywhere")]
    [InlineData("--gateway-http", "up", "--gateway-http", ":99999")]
    [InlineData("--gateway-https", "up", "--gateway-https", ":99999")]
    public async Task Run_BadValue_ExitsWith2AndNamesTheKey(string key, params string[] args)
    {
        var shell = new TestShell();
        shell.Variables["SLIPWAY_SERVER"] = "http://127.0.0.1:1";
        shell.Variables["SLIPWAY_TOKEN"] = "secret";
        using var folder = new TemporaryFolder();
        shell.Variables["SLIPWAY_DATA"] = folder.Path;
        (await shell.Run(args)).ShouldBe(2);
        shell.Error.ShouldContain(key + ": ");
        shell.Error.ShouldContain("(expected ");
    }

    [Fact]
    public async Task Run_NoServer_ExitsWith1AndSaysHowToStartOne()
    {
        using var folder = new TemporaryFolder();
        var shell = new TestShell();
        (await shell.Run("apps", "--data", folder.Path)).ShouldBe(1);
        shell.Error.ShouldContain($"slipway up --data {folder.Path}");
    }

    [Fact]
    public async Task Run_ServerDoesNotAnswer_ExitsWith1AndSaysWhere()
    {
        var shell = new TestShell();
        shell.Variables["SLIPWAY_TOKEN"] = "secret";
        (await shell.Run("apps", "--server", "http://127.0.0.1:1")).ShouldBe(1);
        shell.Error.ShouldContain("No Slipway server answers at http://127.0.0.1:1/");
    }

    [Fact]
    public async Task Run_ServerOfAnotherMachineWithoutToken_DoesNotSendTheFoldersToken()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["admin.token"], "local-secret\n");
        File.WriteAllText(folder["server.json"], """{"url":"http://127.0.0.1:1","processId":1,"version":"0.1.0"}""");
        var asked = false;
        await using var server = await LoopbackServer.Start(http =>
        {
            asked = true;
            return LoopbackServer.Json(http, "[]");
        });
        var shell = new TestShell();
        (await shell.Run("apps", "--data", folder.Path, "--server", server.Url)).ShouldBe(1);
        asked.ShouldBeFalse();
        shell.Error.ShouldContain("SLIPWAY_TOKEN");
    }

    [Fact]
    public async Task Remove_NobodyToAsk_RefusesWithoutYes()
    {
        var asked = false;
        await using var server = await LoopbackServer.Start(http =>
        {
            asked = true;
            return LoopbackServer.Json(http, "{}");
        });
        var shell = new TestShell();
        shell.Variables["SLIPWAY_TOKEN"] = "secret";
        (await shell.Run("remove", "shop", "--server", server.Url)).ShouldBe(2);
        asked.ShouldBeFalse();
        shell.Error.ShouldContain("--yes");
    }

    [Fact]
    public async Task Version_Json_IsADocument()
    {
        var shell = new TestShell();
        (await shell.Run("version", "--json")).ShouldBe(0);
        System.Text.Json.Nodes.JsonNode.Parse(shell.Out)!["version"]!.GetValue<string>().ShouldNotBeEmpty();
    }
}
