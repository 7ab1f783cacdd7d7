using System.Text.Json;
using Slipway.Cli.Tests.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Tests.Commands;

public class CanaryCommandsTests
{
    readonly List<string> _asked = [];
    CanaryStatus _status = Canaries.Status();

    [Fact]
    public async Task Promote_ToAStep_AsksForItAndTellsWhereTheCanaryIs()
    {
        var shell = await Run(0, "promote", "shop", "--to-step", "2");
        _asked.ShouldContain("""POST /api/v1/apps/shop/promote {"toStep":2}""");
        shell.Out.ShouldBe("shop v42 shifting, step 2 of 4 with 25% of the requests\nTo look on: slipway watch shop\n");
    }

    [Theory]
    [InlineData("pause")]
    [InlineData("resume")]
    public async Task PauseAndResume_AnswerAtOnce(string command)
    {
        var shell = await Run(0, command, "shop");
        _asked.ShouldContain($"POST /api/v1/apps/shop/{command} ");
        shell.Out.ShouldContain("To look on: slipway watch shop");
    }

    [Fact]
    public async Task Watch_NoTerminal_WritesALineForEachChangeAndEndsWithTheReason()
    {
        var shell = await Run(1, 3, "watch", "shop");
        var lines = shell.Out.TrimEnd().Split('\n');
        lines.Length.ShouldBe(3, shell.Out);
        lines[0].ShouldEndWith("3 min 20 s left");
        lines[1].ShouldBe("✘ shop v42 rolled back");
        lines[2].ShouldBe("  It was bad.");
    }

    [Fact]
    public async Task Watch_Json_IsADocumentALine()
    {
        var shell = await Run(1, 2, "watch", "shop", "--json");
        var states = shell.Out.TrimEnd().Split('\n').Select(line => JsonSerializer.Deserialize(line, ModelJson.Default.CanaryStatus)!.Rollout.State).ToList();
        states.ShouldBe([RolloutState.Shifting, RolloutState.RolledBack]);
    }

    [Fact]
    public async Task ReleaseShow_WithoutANumber_IsTheNewest()
    {
        var shell = await Run(0, "release", "show", "shop");
        _asked.ShouldContain("GET /api/v1/apps/shop/releases/42/report ");
        shell.Out.ShouldStartWith("shop v42  staged, green slot, made ");
    }

    Task<TestShell> Run(int code, params string[] args) => Run(code, int.MaxValue, args);

    /// <param name="looks">After so many looks at the canary it is rolled back.</param>
    async Task<TestShell> Run(int code, int looks, params string[] args)
    {
        await using var server = await LoopbackServer.Start(async http =>
        {
            using var reader = new StreamReader(http.Request.Body);
            lock (_asked) _asked.Add($"{http.Request.Method} {http.Request.Path} ");
            var body = await reader.ReadToEndAsync();
            lock (_asked) _asked[^1] += body;
            await LoopbackServer.Json(http, Answer(http.Request.Path, ref looks));
        });
        var shell = new TestShell();
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = (server.Url, "secret");
        (await shell.Run(args)).ShouldBe(code, shell.Error);
        return shell;
    }

    string Answer(string path, ref int looks)
    {
        if (path.EndsWith("/canary", StringComparison.Ordinal) && --looks == 0)
            _status = _status with { Rollout = _status.Rollout with { State = RolloutState.RolledBack, Error = "It was bad." }, Left = null };
        return path switch
        {
            "/api/v1/apps/shop" => JsonSerializer.Serialize(new AppStatus { App = _status.Rollout.App, Services = [], Rollout = _status.Rollout }, ModelJson.Default.AppStatus),
            "/api/v1/apps/shop/releases" => JsonSerializer.Serialize([Release], ModelJson.Default.IReadOnlyListReleaseStatus),
            "/api/v1/rollouts/7/canary" => JsonSerializer.Serialize(_status, ModelJson.Default.CanaryStatus),
            "/api/v1/rollouts/7/events" => "",
            _ when path.EndsWith("/report", StringComparison.Ordinal) => JsonSerializer.Serialize(new ReleaseReport { App = _status.Rollout.App, Release = Release, Rollouts = [_status.Rollout] }, ModelJson.Default.ReleaseReport),
            _ => JsonSerializer.Serialize(_status.Rollout, ModelJson.Default.Rollout),
        };
    }

    static ReleaseStatus Release => new() { Number = 42, Standing = Standing.Staged, Slot = Slot.Green, Created = Canaries.Now, Changed = [], Images = new Dictionary<string, string>() };
}
