using System.Text;
using Microsoft.AspNetCore.Http;

namespace Slipway.Cli.Tests.Commands;

public sealed class AccessCommandsTests
{
    static async Task<(TestShell Shell, List<string> Requests)> Run(string answer, int status, string? input, params string[] args)
    {
        var requests = new List<string>();
        await using var server = await LoopbackServer.Start(async http =>
        {
            using var body = new StreamReader(http.Request.Body);
            var text = await body.ReadToEndAsync();
            lock (requests) requests.Add($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString} {text}".TrimEnd());
            if (http.Request.Method != "GET" && answer.Length == 0) http.Response.StatusCode = 204;
            else await LoopbackServer.Json(http, answer, status);
        });
        var shell = new TestShell { Input = input };
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = (server.Url, "secret");
        (await shell.Run(args)).ShouldBe(0, shell.Error);
        return (shell, requests);
    }

    static async Task<List<string>> Requests(string? input, params string[] args) => (await Run("", 204, input, args)).Requests;

    [Fact]
    public async Task AccountAdd_PasswordFromStandardInput_IsSent_AndNotShown()
    {
        var (shell, requests) = await Run("""{"name":"alice","created":"2026-01-01T00:00:00Z","projects":{}}""", 201, "a good password\n", "account", "add", "alice", "--password-stdin");
        requests.ShouldBe(["""POST /api/v1/registry/accounts {"name":"alice","password":"a good password","admin":false}"""]);
        shell.Out.ShouldContain("alice is added");
        shell.Out.ShouldContain("slipway project member set PROJECT alice");
        shell.Out.ShouldNotContain("good");
    }

    [Fact]
    public async Task AccountAdd_AtATerminal_AsksTwice()
    {
        await using var server = await LoopbackServer.Start(http => LoopbackServer.Json(http, """{"name":"alice","created":"2026-01-01T00:00:00Z","projects":{}}""", 201));
        var shell = new TestShell { Unseen = new(["a good password", "another password", "a good password", "a good password"]) };
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = (server.Url, "secret");
        (await shell.Run("account", "add", "alice")).ShouldBe(2);
        shell.Error.ShouldContain("differ");
        (await shell.Run("account", "add", "alice")).ShouldBe(0, shell.Error);
    }

    [Fact]
    public async Task AccountAdd_NobodyToAsk_SaysHow()
    {
        var shell = new TestShell();
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = ("http://127.0.0.1:1", "secret");
        (await shell.Run("account", "add", "alice")).ShouldBe(2);
        shell.Error.ShouldContain("--password-stdin");
    }

    [Fact]
    public async Task Changes_AreTheApisOwn()
    {
        (await Requests(null, "account", "disable", "alice")).ShouldBe(["""PATCH /api/v1/registry/accounts/alice {"disabled":true}"""]);
        (await Requests(null, "account", "enable", "alice")).ShouldBe(["""PATCH /api/v1/registry/accounts/alice {"disabled":false}"""]);
        (await Requests(null, "account", "grant-admin", "alice")).ShouldBe(["""PATCH /api/v1/registry/accounts/alice {"admin":true}"""]);
        (await Requests(null, "account", "revoke-admin", "alice")).ShouldBe(["""PATCH /api/v1/registry/accounts/alice {"admin":false}"""]);
        (await Requests("a new password", "account", "password", "alice", "--password-stdin")).ShouldBe(["""PATCH /api/v1/registry/accounts/alice {"password":"a new password"}"""]);
        (await Requests(null, "account", "rm", "alice")).ShouldBe(["DELETE /api/v1/registry/accounts/alice"]);
        (await Requests(null, "project", "set", "shop", "--public")).ShouldBe(["""PUT /api/v1/registry/projects/shop {"public":true}"""]);
        (await Requests(null, "project", "set", "shop", "--private")).ShouldBe(["""PUT /api/v1/registry/projects/shop {"public":false}"""]);
        (await Requests(null, "project", "rm", "shop")).ShouldBe(["DELETE /api/v1/registry/projects/shop"]);
        (await Requests(null, "project", "member", "set", "shop", "alice", "developer")).ShouldBe(["""PUT /api/v1/registry/projects/shop/members/alice {"role":"Developer"}"""]);
        (await Requests(null, "project", "member", "rm", "shop", "alice")).ShouldBe(["DELETE /api/v1/registry/projects/shop/members/alice"]);
        (await Requests(null, "robot", "disable", "shop+ci")).ShouldBe(["""PATCH /api/v1/registry/robots/shop+ci {"disabled":true}"""]);
        (await Requests(null, "robot", "rm", "shop+ci")).ShouldBe(["DELETE /api/v1/registry/robots/shop+ci"]);
    }

    [Theory]
    [InlineData("project", "set", "shop")]
    [InlineData("project", "set", "shop", "--public", "--private")]
    [InlineData("project", "member", "set", "shop", "alice", "king")]
    [InlineData("robot", "add", "ci")]
    [InlineData("robot", "add", "shop+ci", "--scope", "shop")]
    [InlineData("robot", "add", "shop+ci", "--expires", "soon")]
    [InlineData("audit", "--until", "soon")]
    [InlineData("audit", "--limit", "0")]
    public async Task BadInput_IsRefusedBeforeAServerIsAsked(params string[] args)
    {
        var shell = new TestShell();
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = ("http://127.0.0.1:1", "secret");
        (await shell.Run(args)).ShouldBe(2);
        shell.Error.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task ProjectAdd_OfOneThatIsThere_ChangesNothing()
    {
        var requests = new List<string>();
        await using var server = await LoopbackServer.Start(http =>
        {
            lock (requests) requests.Add(http.Request.Method);
            return LoopbackServer.Json(http, """[{"name":"shop","public":true,"repositories":2,"members":[]}]""");
        });
        var shell = new TestShell();
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = (server.Url, "secret");
        (await shell.Run("project", "add", "shop")).ShouldBe(1);
        shell.Error.ShouldContain("slipway project set shop");
        requests.ShouldBe(["GET"]);
    }

    [Fact]
    public async Task Lists_AreTables()
    {
        Lines((await Run("""[{"name":"alice","created":"2020-01-01T00:00:00Z","projects":{"shop":"Developer","app":"Viewer"}},{"name":"root","admin":true,"disabled":true,"created":"2020-01-01T00:00:00Z","projects":{}}]""", 200, null, "account", "ls")).Shell)
            .ShouldBe(["NAME ADDED STATE ROLES", "alice AGO ok app: viewer, shop: developer", "root AGO disabled administrator"]);
        Lines((await Run("""[{"name":"shop","public":true,"repositories":2,"members":[{"account":"alice","role":"Maintainer"}]}]""", 200, null, "project", "ls")).Shell)
            .ShouldBe(["PROJECT PULLED BY REPOSITORIES MEMBERS", "shop everybody 2 alice: maintainer"]);
        Lines((await Run("""[{"name":"shop","repositories":2,"members":[{"account":"alice","role":"Maintainer"}]}]""", 200, null, "project", "member", "ls", "shop")).Shell)
            .ShouldBe(["ACCOUNT ROLE", "alice maintainer"]);
        Lines((await Run("""[{"name":"shop+ci","project":"shop","scopes":[{"repositories":"shop","actions":["pull","push"]}],"expires":"2999-01-31T00:00:00Z","created":"2020-01-01T00:00:00Z"},{"name":"robot+old","scopes":[{"repositories":"*","actions":["pull"]}],"expires":"2020-01-31T00:00:00Z","created":"2020-01-01T00:00:00Z"}]""", 200, null, "robot", "ls")).Shell)
            .ShouldBe(["NAME ENDS STATE SCOPES", "shop+ci 2999-01-31 00:00 UTC ok shop:pull,push", "robot+old 2020-01-31 00:00 UTC ended *:pull"]);
    }

    [Fact]
    public async Task RobotAdd_ShowsTheSecretOnce_WithTheLineToUseIt()
    {
        var (shell, requests) = await Run(
            """{"name":"shop+ci","project":"shop","scopes":[{"repositories":"shop","actions":["pull","push"]}],"expires":"2999-01-31T00:00:00Z","created":"2020-01-01T00:00:00Z","secret":"slw_123"}""",
            201, null, "robot", "add", "shop+ci", "--scope", "shop:pull,push", "--scope", "shop/web:delete", "--expires", "2999-01-31");
        requests.ShouldBe(["""POST /api/v1/registry/robots {"name":"ci","project":"shop","scopes":[{"repositories":"shop","actions":["pull","push"]},{"repositories":"shop/web","actions":["delete"]}],"expires":"2999-01-31T00:00:00+00:00"}"""]);
        shell.Out.ShouldContain("slw_123");
        shell.Out.ShouldContain("docker login 127.0.0.1:");
        shell.Out.ShouldContain("--username shop+ci --password-stdin");
    }

    [Fact]
    public async Task Audit_FollowsThePages_AndShowsNothingRaw()
    {
        var asked = new List<string>();
        await using var server = await LoopbackServer.Start(http =>
        {
            lock (asked) asked.Add(http.Request.QueryString.Value!);
            var (from, count) = asked.Count == 1 ? (2000, 1000) : (1000, 3);
            var events = Enumerable.Range(0, count).Select(i => $$"""{"id":{{from - i}},"time":"2026-01-02T03:04:05Z","action":"pull","target":"manifest","repository":"shop/web","tag":"v{{from - i}}","actor":"al\u001b[31mice","address":"10.0.0.1"}""");
            return LoopbackServer.Json(http, $"[{string.Join(',', events)}]");
        });
        var shell = new TestShell();
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = (server.Url, "secret");
        (await shell.Run("audit", "--project", "shop", "--account", "alice", "--action", "pull", "--limit", "1500")).ShouldBe(0, shell.Error);
        asked.ShouldBe(["?limit=1000&project=shop&actor=alice&action=pull", "?limit=500&project=shop&actor=alice&action=pull&before=1001"]);
        var lines = shell.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(1004);
        lines[1].ShouldBe("2026-01-02 03:04:05  alice    10.0.0.1  pull manifest  shop/web:v2000");
        shell.Out.ShouldNotContain('\e');
    }

    [Fact]
    public async Task Audit_Json_IsOneDocumentOfAllPages()
    {
        var page = 0;
        await using var server = await LoopbackServer.Start(http =>
        {
            var (from, count) = page++ == 0 ? (2000, 1000) : (1000, 3);
            return LoopbackServer.Json(http, $"[{string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"id":{{from - i}} }"""))}]");
        });
        var shell = new TestShell();
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = (server.Url, "secret");
        (await shell.Run("audit", "--limit", "5000", "--json")).ShouldBe(0, shell.Error);
        System.Text.Json.Nodes.JsonNode.Parse(shell.Out)!.AsArray().Select(one => one!["id"]!.GetValue<int>()).ShouldBe(Enumerable.Range(998, 1003).Reverse());
    }

    [Fact]
    public async Task Login_AsAUser_ThenCommandsAreThatUsers()
    {
        var credentials = new List<string>();
        await using var server = await LoopbackServer.Start(http =>
        {
            lock (credentials) credentials.Add(http.Request.Headers.Authorization.ToString());
            return http.Request.Path == "/api/v1/registry/me"
                ? LoopbackServer.Json(http, """{"name":"alice","kind":"user","admin":false,"rights":[{"repositories":"shop","actions":["pull"]}]}""")
                : LoopbackServer.Json(http, "[]");
        });
        using var folder = new TemporaryFolder();
        var shell = new TestShell { Input = "a good password\n" };
        (shell.Variables["DOCKER_CONFIG"], shell.Variables["XDG_CONFIG_HOME"]) = (folder["docker"], folder["config"]);
        (await shell.Run("login", "--server", server.Url, "--user", "alice", "--password-stdin")).ShouldBe(0, shell.Error);
        File.GetUnixFileMode(folder["config/slipway/credentials.json"]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        // docker login keeps something else there.
        File.Delete(folder["docker/config.json"]);
        (await shell.Run("project", "ls", "--server", server.Url)).ShouldBe(0, shell.Error);
        (await shell.Run("account", "show", "--server", server.Url)).ShouldBe(0, shell.Error);
        var basic = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("alice:a good password"));
        credentials.ShouldBe([basic, basic, basic]);
        shell.Out.ShouldContain("as alice");
        shell.Out.ShouldContain("shop  pull");
    }

    [Fact]
    public async Task AccountPassword_OnesOwn_IsKeptForTheNextCommand()
    {
        var credentials = new List<string>();
        await using var server = await LoopbackServer.Start(http =>
        {
            lock (credentials) credentials.Add(http.Request.Headers.Authorization.ToString());
            return LoopbackServer.Json(http, http.Request.Path.Value!.EndsWith("/me", StringComparison.Ordinal) ? """{"name":"alice","kind":"user","admin":false,"rights":[]}""" : "[]");
        });
        using var folder = new TemporaryFolder();
        foreach (var (input, args) in new (string, string[])[]
        {
            ("the first one", ["login", "--user", "alice", "--password-stdin"]), ("the second one", ["account", "password", "--password-stdin"]), ("", ["project", "ls"]),
        })
        {
            var shell = new TestShell { Input = input };
            (shell.Variables["DOCKER_CONFIG"], shell.Variables["XDG_CONFIG_HOME"], shell.Variables["SLIPWAY_SERVER"]) = (folder["docker"], folder["config"], server.Url);
            (await shell.Run(args)).ShouldBe(0, shell.Error);
        }
        credentials.Select(one => Encoding.UTF8.GetString(Convert.FromBase64String(one["Basic ".Length..]))).ShouldBe(["alice:the first one", "alice:the first one", "alice:the second one"]);
    }

    [Fact]
    public async Task Login_WrongPassword_WritesNothing_AndSaysWhose()
    {
        await using var server = await LoopbackServer.Start(http => LoopbackServer.Json(http, "{}", 401));
        using var folder = new TemporaryFolder();
        var shell = new TestShell { Input = "wrong" };
        (shell.Variables["DOCKER_CONFIG"], shell.Variables["XDG_CONFIG_HOME"]) = (folder["docker"], folder["config"]);
        (await shell.Run("login", "--server", server.Url, "--user", "alice", "--password-stdin")).ShouldBe(1);
        shell.Error.ShouldContain("password of alice");
        Directory.EnumerateFileSystemEntries(folder.Path).ShouldBeEmpty();
    }

    static IEnumerable<string> Lines(TestShell shell) => shell.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => System.Text.RegularExpressions.Regex.Replace(System.Text.RegularExpressions.Regex.Replace(line, @"\d+ days ago", "AGO"), " +", " "));
}
