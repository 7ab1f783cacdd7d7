using System.Text.Json;
using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Tests.Commands;

public sealed class GovernanceCommandsTests
{
    static readonly DateTimeOffset Since = new(2026, 11, 27, 8, 0, 0, TimeSpan.Zero);
    static readonly Freeze Frozen = new() { Since = Since, By = "alice", Reason = "black friday" };

    readonly List<string> _asked = [];

    [Fact]
    public async Task Freeze_AnApp_SendsTheReason_AndSaysHowToLiftIt()
    {
        var shell = await Run(0, "freeze", "shop", "--reason", "black friday");
        _asked.ShouldBe(["""PUT /api/v1/apps/shop/freeze {"reason":"black friday"}"""]);
        shell.Out.ShouldBe($"✔ shop is frozen since {Since.ToLocalTime():yyyy-MM-dd HH:mm} by alice: black friday\nTo lift it: slipway unfreeze shop\n");
    }

    [Fact]
    public async Task Freeze_AllForATime_SendsWhenItEnds()
    {
        var before = DateTimeOffset.UtcNow;
        await Run(0, "freeze", "--all", "--reason", "audit", "--for", "4h");
        var body = JsonDocument.Parse(_asked.Single()["PUT /api/v1/freeze ".Length..]).RootElement;
        body.GetProperty("until").GetDateTimeOffset().ShouldBeInRange(before.AddHours(4), DateTimeOffset.UtcNow.AddHours(4));
    }

    [Fact]
    public async Task Freeze_UntilADate_IsMidnightUtc()
    {
        await Run(0, "freeze", "shop", "--reason", "audit", "--until", "2030-01-31");
        _asked.Single().ShouldContain("\"until\":\"2030-01-31T00:00:00");
    }

    [Theory]
    [InlineData("freeze", "--reason", "x")]
    [InlineData("freeze", "shop", "--all", "--reason", "x")]
    [InlineData("freeze", "shop")]
    [InlineData("freeze", "shop", "--reason", "x", "--for", "4h", "--until", "2030-01-31")]
    [InlineData("freeze", "shop", "--reason", "x", "--for", "soon")]
    [InlineData("unfreeze")]
    [InlineData("app", "member", "add", "shop", "--role", "deployer")]
    [InlineData("app", "member", "add", "shop", "alice", "--all", "--role", "deployer")]
    [InlineData("app", "member", "add", "shop", "alice")]
    [InlineData("app", "member", "list")]
    public async Task Options_Wrong_AreRefusedBeforeAnythingIsDone(params string[] args)
    {
        await Run(2, args);
        _asked.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("DELETE /api/v1/apps/shop/freeze", "✔ shop is not frozen any more.\n", "unfreeze", "shop")]
    [InlineData("DELETE /api/v1/freeze", "✔ The platform is not frozen any more.\n", "unfreeze", "--all")]
    [InlineData("PUT /api/v1/apps/shop/members/alice/deployer", "✔ alice is deployer of shop\n", "app", "member", "add", "shop", "alice", "--role", "deployer")]
    [InlineData("PUT /api/v1/members/shop+ci/viewer", "✔ shop+ci is viewer of all apps\n", "app", "member", "add", "shop+ci", "--all", "--role", "viewer")]
    [InlineData("DELETE /api/v1/apps/shop/members/alice", "✔ alice is no member of shop any more\n", "app", "member", "remove", "shop", "alice")]
    [InlineData("DELETE /api/v1/apps/shop/members/alice?role=qa", "✔ alice is no qa of shop any more\n", "app", "member", "rm", "shop", "alice", "--role", "qa")]
    public async Task Command_AsksTheApi_AndSaysWhatIsTrueNow(string request, string said, params string[] args)
    {
        var shell = await Run(0, args);
        _asked.ShouldBe([request]);
        shell.Out.ShouldBe(said);
    }

    [Fact]
    public async Task MemberList_ShowsRolesAndWhere()
    {
        var shell = await Run(0, "app", "member", "list", "shop");
        shell.Out.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Take(3).ShouldBe(
            [["ACCOUNT", "ROLES", "ON"], ["alice", "deployer,", "release-managers", "shop"], ["bob", "viewer", "all", "apps"]]);
    }

    [Fact]
    public async Task Apps_Frozen_SaysWhichAndWhy()
    {
        var shell = await Run(0, "apps");
        shell.Out.ShouldContain("done, frozen");
        shell.Out.ShouldContain("by alice: black friday");
    }

    [Fact]
    public async Task Releases_TellWhoWhenHowLongAndHowItEnded()
    {
        var shell = await Run(0, "releases", "shop");
        var rows = shell.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => System.Text.RegularExpressions.Regex.Split(line, " {2,}")).ToList();
        rows[0].ShouldBe(["RELEASE", "STANDING", "SLOT", "CREATED", "BY", "TOOK", "ENDED", "CHANGED", "COMMIT", "NOTE"]);
        rows[1].Skip(4).ShouldBe(["alice", "1 min 5 s", "shifting ...", "web", "0123456789+", "faster lists"]);
        rows[2].Skip(4).ShouldBe(["-", "-", "-", "web", "-"]);
    }

    [Fact]
    public async Task Events_AsLines_TellWhatWhoAndWhich()
    {
        var shell = await Run(0, "events", "shop", "--tail", "3");
        _asked.ShouldBe(["GET /api/v1/events?tail=3&app=shop"]);
        shell.Out.ShouldBe($"{Since.ToLocalTime():yyyy-MM-dd HH:mm:ss}  shop  step-entered  v42  step 2, with 25% of the requests  by alice\n");
        (await Run(0, "events", "--from", "7", "--json")).Out.ShouldContain("\"type\":\"step-entered\"");
        _asked[^1].ShouldBe("GET /api/v1/events?from=7");
    }

    [Theory]
    [InlineData("""{"despiteFreeze":true}""", "promote", "shop", "--despite-freeze")]
    [InlineData("""{"toStep":3,"despiteApprovals":true}""", "promote", "shop", "--to-step", "3", "--despite-approvals")]
    public async Task Promote_Despite_IsSent(string body, params string[] args)
    {
        await Run(1, args);
        _asked.ShouldContain($"POST /api/v1/apps/shop/promote {body}");
    }

    [Fact]
    public void Event_WithControlCharacters_IsSafeToShow() =>
        EventPicture.Line(new ReleaseEvent { Time = Since, Type = ReleaseEvents.Frozen, Text = "a\e[31mb" }).ShouldEndWith("all apps  frozen  ab");

    async Task<TestShell> Run(int code, params string[] args)
    {
        await using var server = await LoopbackServer.Start(async http =>
        {
            using var reader = new StreamReader(http.Request.Body);
            var body = await reader.ReadToEndAsync();
            lock (_asked) _asked.Add($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString} {body}".TrimEnd());
            switch (http.Request.Method, http.Request.Path.Value!)
            {
                case ("PUT", var path) when path.EndsWith("/freeze", StringComparison.Ordinal):
                    await LoopbackServer.Json(http, JsonSerializer.Serialize(Frozen, ModelJson.Default.Freeze));
                    break;
                case ("GET", "/api/v1/apps"):
                    await LoopbackServer.Json(http, JsonSerializer.Serialize<IReadOnlyList<AppStatus>>([App()], ModelJson.Default.IReadOnlyListAppStatus));
                    break;
                case ("GET", "/api/v1/apps/shop"):
                    await LoopbackServer.Json(http, JsonSerializer.Serialize(App(), ModelJson.Default.AppStatus));
                    break;
                case ("GET", "/api/v1/apps/shop/members"):
                    await LoopbackServer.Json(http, """[{"account":"alice","roles":["deployer","release-managers"],"allApps":false},{"account":"bob","roles":["viewer"],"allApps":true}]""");
                    break;
                case ("GET", "/api/v1/apps/shop/releases"):
                    var old = new ReleaseStatus { Number = 41, Standing = Standing.Warm, Slot = Slot.Blue, Created = Since, Images = new Dictionary<string, string>(), Changed = ["web"] };
                    await LoopbackServer.Json(http, JsonSerializer.Serialize<IReadOnlyList<ReleaseStatus>>(
                        [old with { Number = 42, By = "alice", Commit = "0123456789abcdef", Subject = "faster lists", Dirty = true, State = RolloutState.Shifting, Took = TimeSpan.FromSeconds(65) }, old], ModelJson.Default.IReadOnlyListReleaseStatus));
                    break;
                case ("GET", "/api/v1/events"):
                    await LoopbackServer.Json(http, JsonSerializer.Serialize(
                        new ReleaseEvent { Id = 7, Time = Since, App = AppName.Parse("shop"), Type = ReleaseEvents.StepEntered, Release = 42, Text = "step 2, with 25% of the requests", By = "alice" }, ModelJson.Default.ReleaseEvent) + "\n");
                    break;
                case ("POST", _):
                    http.Response.StatusCode = 409;
                    break;
                default:
                    http.Response.StatusCode = 204;
                    break;
            }
        });
        var shell = new TestShell();
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = (server.Url, "secret");
        (await shell.Run(args)).ShouldBe(code, shell.Error + shell.Out);
        return shell;
    }

    static AppStatus App() => new() { App = AppName.Parse("shop"), Live = 1, Services = [], Freeze = Frozen, Rollout = new Rollout { Id = 1, App = AppName.Parse("shop"), Kind = RolloutKind.Deploy, State = RolloutState.Done, Created = Since, Changed = Since } };
}
