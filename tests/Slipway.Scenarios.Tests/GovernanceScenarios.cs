using System.Text.Json.Nodes;

namespace Slipway.Scenarios.Tests;

/// <summary>A team whose people may do different things with an app: docs/guides/approvals.md.</summary>
public sealed class GovernanceScenarios(SlipwayProcess slipway) : IAsyncLifetime
{
    const string Password = "correct horse battery";

    readonly string _folder = Path.Combine(Path.GetTempPath(), "slipway-scenarios", $"people-{Guid.NewGuid().ToString("N")[..8]}");
    readonly List<string> _accounts = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var account in _accounts) await slipway.Try("account", "rm", account);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Team_FreezesDeploysAndApproves_EachAsItsRoleAllows_AndAllOfItIsRemembered()
    {
        using var app = new TestApp("canary").With("steps: [{weight: 20%, for: 1s}, {approve: {by: release-managers, not-author: true}}, {weight: 100%, bake: 1s}]", "judge: {checks: []}");
        await slipway.HaveBaseImage();
        var (dave, daveName) = await Account("dave", app.Name, "deployer", "release-managers");
        var (rita, ritaName) = await Account("rita", app.Name, "release-managers");
        var (vera, veraName) = await Account("vera", app.Name, "viewer");

        (await Succeeds(dave.Slipway(null, "deploy", app.Folder, "--app", app.Name))).Output.ShouldContain("v1 is live");
        (await Fails(vera.Slipway(null, "deploy", app.Folder, "--app", app.Name))).ShouldContain($"it needs the role deployer of the app. An administrator gives it: slipway app member add {app.Name} {veraName} --role deployer");

        // Frozen: nobody begins anything, until it is lifted.
        await slipway.Do("freeze", app.Name, "--reason", "black friday", "--for", "4h");
        app.Become("2");
        await Git(app.Folder, "init", "-q", "-b", "main");
        await Git(app.Folder, "add", "-A");
        await Git(app.Folder, "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-q", "-m", "the second version");
        (await Fails(dave.Slipway(null, "deploy", app.Folder, "--app", app.Name))).ShouldContain("by admin until");
        (await Fails(dave.Slipway(null, "deploy", app.Folder, "--app", app.Name, "--despite-freeze"))).ShouldContain("it needs the role admin");
        (await Succeeds(vera.Slipway(null, "apps"))).Output.ShouldContain("done, frozen");
        (await Fails(dave.Slipway(null, "unfreeze", app.Name))).ShouldContain("it needs the role admin");
        await slipway.Do("unfreeze", app.Name);
        (await Succeeds(dave.Slipway(null, "deploy", app.Folder, "--app", app.Name))).Output.ShouldContain("v2 gets 20% of the requests and waits for an approval by release-managers, not of the person who deployed it");

        // Who deployed may not approve, a viewer neither; over a restart of the server it still waits.
        (await Fails(dave.Slipway(null, "promote", app.Name))).ShouldContain("not of the person who deployed it");
        (await Fails(dave.Slipway(null, "promote", app.Name, "--to-step", "3"))).ShouldContain("can't be passed over");
        (await Fails(vera.Slipway(null, "promote", app.Name))).ShouldContain("it needs the role approver");
        slipway.Kill("server");
        await SlipwayProcess.Until(async () => (await slipway.Try("status")).ExitCode == 0, "the server is back");
        (await slipway.Get($"apps/{app.Name}"))["rollout"]!["canary"]!["hold"]!.GetValue<string>().ShouldBe("approval");
        await Succeeds(rita.Slipway(null, "promote", app.Name));
        await SlipwayProcess.Until(async () => (await slipway.Get($"apps/{app.Name}"))["live"]!.GetValue<int>() == 2, "v2 is live");
        await Succeeds(vera.Slipway(null, "watch", app.Name));

        var story = (await Succeeds(vera.Slipway(null, "release", "show", app.Name, "2"))).Output;
        story.ShouldContain($"by {daveName}");
        story.ShouldContain($"approved by {ritaName}");
        story.ShouldContain("of main: the second version");
        story.ShouldMatch($@"commit   {(await Git(app.Folder, "rev-parse", "HEAD"))[..10]} ");
        (await Succeeds(vera.Slipway(null, "releases", app.Name))).Output.ShouldContain(daveName);
        var events = (await Succeeds(vera.Slipway(null, "events", app.Name, "--json"))).Output.TrimEnd().Split('\n').Select(line => JsonNode.Parse(line)!).ToList();
        events.Select(e => $"{e["type"]} {e["by"]}").Where(e => !e.StartsWith("step", StringComparison.Ordinal)).ShouldBe(
        [
            $"rollout-started {daveName}", "promoting ", "done ", "frozen admin", "unfrozen admin", $"rollout-started {daveName}", "holding ", $"approved {ritaName}", "promoting ", "done ",
        ]);
        await slipway.Do("remove", app.Name, "--yes");
    }

    async Task<(Person Person, string Name)> Account(string name, string app, params string[] roles)
    {
        var account = $"{app}-{name}";
        _accounts.Add(account);
        (await slipway.Pipe(Password, "account", "add", account, "--password-stdin")).ExitCode.ShouldBe(0);
        foreach (var role in roles) await slipway.Do("app", "member", "add", app, account, "--role", role);
        var person = new Person(slipway, Path.Combine(_folder, name));
        await Succeeds(person.Slipway(Password, "login", "--user", account, "--password-stdin"));
        return (person, account);
    }

    static async Task<string> Git(string folder, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("git", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var result = await Shell.Finish(process);
        result.ExitCode.ShouldBe(0, result.All);
        return result.Output.Trim();
    }

    static async Task<CliResult> Succeeds(Task<CliResult> command)
    {
        var result = await command;
        result.ExitCode.ShouldBe(0, result.All);
        return result;
    }

    static async Task<string> Fails(Task<CliResult> command)
    {
        var result = await command;
        result.ExitCode.ShouldNotBe(0, result.All);
        return result.All;
    }
}
