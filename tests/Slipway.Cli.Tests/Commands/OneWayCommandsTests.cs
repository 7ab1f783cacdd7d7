using System.Text.Json;
using Slipway.Model;

namespace Slipway.Cli.Tests.Commands;

public class OneWayCommandsTests
{
    static readonly AppName Shop = AppName.Parse("shop");

    readonly List<string> _asked = [];
    DeployPlan _plan = new() { App = Shop, Outcome = PlanOutcome.Release, Live = 1, Next = 2, Strategy = Strategy.Rolling, Services = [new PlannedService { Service = "web", Action = PlannedAction.Keep }] };
    Rollout _rollout = Rollout(RolloutState.RolledBack);

    [Theory]
    [InlineData("abort", """POST /api/v1/apps/shop/abort {"pastOneWay":true}""")]
    [InlineData("rollback", """POST /api/v1/apps/shop/rollback {"pastOneWay":true}""")]
    public async Task GoBack_PastAOneWayStep_SaysSo(string command, string asked)
    {
        await Run(command == "abort" ? 0 : 1, command, "shop", "--past-one-way");
        _asked.ShouldContain(asked);
    }

    [Fact]
    public async Task Abort_WithoutTheWord_AsksForNothingMore()
    {
        await Run(0, "abort", "shop");
        _asked.ShouldContain("POST /api/v1/apps/shop/abort ");
    }

    [Fact]
    public async Task Promote_FailsPastAOneWayStep_EndsWithTheReason()
    {
        _rollout = Rollout(RolloutState.Holding) with { OneWay = new OneWayHold("web ended 3 times. v2 ran a one-way step.", DateTimeOffset.UnixEpoch) };
        var shell = await Run(1, "promote", "shop");
        shell.Error.ShouldContain("✘ Rollout 7 of shop has failed and holds.\n  web ended 3 times. v2 ran a one-way step.");
    }

    [Fact]
    public async Task Deploy_FailsPastAOneWayStepThoughPromotedAtOnce_EndsWithTheReason()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["compose.yaml"], "name: shop\nservices: {web: {image: app}}", TestContext.Current.CancellationToken);
        _rollout = Rollout(RolloutState.Holding) with { OneWay = new OneWayHold("web ended 3 times.", DateTimeOffset.UnixEpoch) };
        (await Run(1, "deploy", folder.Path, "--promote")).Error.ShouldContain("has failed and holds.\n  web ended 3 times.");
    }

    [Theory]
    [InlineData(PlanOutcome.Release, false, false, 0)]
    [InlineData(PlanOutcome.Release, false, true, 3)]
    [InlineData(PlanOutcome.Perhaps, false, true, 3)]
    [InlineData(PlanOutcome.Nothing, false, true, 0)]
    [InlineData(PlanOutcome.Release, true, false, 0)]
    [InlineData(PlanOutcome.Release, true, true, 1)]
    public async Task Plan_ExitCode_TellsOnlyWhereItIsAskedFor(PlanOutcome outcome, bool blocked, bool exitCode, int code)
    {
        _plan = _plan with { Outcome = outcome, Blockers = blocked ? ["It is frozen."] : [] };
        await Plan(code, exitCode ? ["--exit-code"] : []);
    }

    [Fact]
    public async Task Plan_SendsWhatADeployWouldAndShowsThePage()
    {
        var shell = await Plan(0, "--promote");
        var asked = _asked.Single();
        asked.ShouldStartWith("POST /api/v1/apps/shop/plan {\"source\":{\"directory\":");
        asked.ShouldEndWith("\"autoPromote\":true}");
        asked.ShouldContain("\"variables\":{\"LEVEL\":\"debug\"}");
        shell.Out.ShouldStartWith("shop  v1 → v2, rolling\n");
    }

    [Fact]
    public async Task Plan_Json_IsTheDocument() =>
        JsonSerializer.Deserialize((await Plan(0, "--json")).Out, ModelJson.Default.DeployPlan)!.Services.Single().Action.ShouldBe(PlannedAction.Keep);

    [Fact]
    public async Task Plan_FilesAreWrong_SaysAllOfItAndAsksNobody()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["compose.yaml"], "services: {web: {image: 'A B', ports: ['99999']}}", TestContext.Current.CancellationToken);
        var shell = await Run(2, "release", "plan", folder.Path);
        shell.Error.ShouldContain("no image reference");
        shell.Error.ShouldContain("'99999' is no port");
        _asked.ShouldBeEmpty();
    }

    async Task<TestShell> Plan(int code, params string[] more)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["compose.yaml"], "name: shop\nservices: {web: {image: app, environment: {LEVEL: '$LEVEL'}}}", TestContext.Current.CancellationToken);
        return await Run(code, ["release", "plan", folder.Path, .. more]);
    }

    async Task<TestShell> Run(int code, params string[] args)
    {
        await using var server = await LoopbackServer.Start(async http =>
        {
            using var reader = new StreamReader(http.Request.Body);
            var body = await reader.ReadToEndAsync();
            if (http.Request.Method == "POST") lock (_asked) _asked.Add($"{http.Request.Method} {http.Request.Path} {body}");
            await LoopbackServer.Json(http, http.Request.Path.Value switch
            {
                "/api/v1/apps/shop/plan" => JsonSerializer.Serialize(_plan, ModelJson.Default.DeployPlan),
                "/api/v1/apps/shop" => JsonSerializer.Serialize(new AppStatus { App = Shop, Services = [] }, ModelJson.Default.AppStatus),
                "/api/v1/rollouts/7/events" => "",
                _ => JsonSerializer.Serialize(_rollout, ModelJson.Default.Rollout),
            });
        });
        var shell = new TestShell();
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"], shell.Variables["LEVEL"]) = (server.Url, "secret", "debug");
        (await shell.Run(args)).ShouldBe(code, shell.Error);
        return shell;
    }

    static Rollout Rollout(RolloutState state) => new()
    {
        Id = 7,
        App = Shop,
        Kind = RolloutKind.Deploy,
        State = state,
        Release = 2,
        From = 1,
        Created = DateTimeOffset.UnixEpoch,
        Changed = DateTimeOffset.UnixEpoch,
    };
}
