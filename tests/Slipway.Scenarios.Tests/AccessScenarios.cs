using System.Text.Json.Nodes;

namespace Slipway.Scenarios.Tests;

/// <summary>A team with roles and a CI robot, with the clients that it has: docs/guides/access.md.</summary>
public sealed class AccessScenarios(SlipwayProcess shared) : IAsyncLifetime
{
    const string Password = "correct horse battery";

    readonly string _project = $"access{Guid.NewGuid().ToString("N")[..8]}";
    readonly string _folder = Path.Combine(Path.GetTempPath(), "slipway-scenarios", $"people-{Guid.NewGuid().ToString("N")[..8]}");
    readonly List<string> _accounts = [];
    Clients _clients = null!;

    string Image => $"{shared.Listen}/{_project}/web:v1";

    public async ValueTask InitializeAsync()
    {
        _clients = new Clients(shared);
        await _clients.Docker("build", "-q", "-t", Image, _clients.BuildFolder(50_000));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var account in _accounts) await shared.Try("account", "rm", account);
        await _clients.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Team_DoesWhatItsRolesAllow_AndIsToldWhatIsMissing()
    {
        var maintainer = await Account("maintainer");
        var viewer = await Account("viewer");
        // What a maintainer can do needs no administrator any more.
        await Succeeds(maintainer.Slipway(null, "project", "member", "set", _project, _accounts[1], "viewer"));
        await Succeeds(maintainer.Docker(Password, "login", shared.Listen, "--username", _accounts[0], "--password-stdin"));
        await Succeeds(maintainer.Docker(null, "push", "-q", Image));

        await Succeeds(viewer.Docker(Password, "login", shared.Listen, "--username", _accounts[1], "--password-stdin"));
        await Succeeds(viewer.Docker(null, "pull", "-q", Image));
        (await Fails(viewer.Docker(null, "push", "-q", Image))).ShouldContain($"{_accounts[1]} may not push to '{_project}/web': that needs the role developer in project '{_project}' (slipway project member set)");
        (await Fails(viewer.Slipway(null, "project", "set", _project, "--public"))).ShouldContain("needs the role maintainer");
        (await Fails(viewer.Docker("a wrong password", "login", shared.Listen, "--username", _accounts[1], "--password-stdin"))).ShouldContain("wrong name or password");

        // The pull of a private image is in the audit log, which its maintainer may read.
        await SlipwayProcess.Until(async () => (await Audit(maintainer, "pull")).Any(pull => pull["actor"]!.GetValue<string>() == _accounts[1]), "the pull is in the audit log");
        (await Fails(viewer.Slipway(null, "audit", "--project", _project))).ShouldContain("needs the role maintainer");

        // Who is removed has no access from that moment on.
        await shared.Do("account", "rm", _accounts[1]);
        (await Fails(viewer.Docker(null, "pull", "-q", Image))).ShouldContain("unauthorized");
        (await Fails(viewer.Inspect(Image))).ShouldContain("unauthorized");
    }

    [Fact]
    public async Task Robot_PullsUntilItsEnd_AndEverybodyFromAPublicProject()
    {
        await _clients.Docker("push", "-q", Image);
        var robot = JsonNode.Parse((await shared.Do("robot", "add", $"{_project}+ci", "--scope", $"{_project}/web:pull", "--expires", "5s", "--json")).Output)!;
        var ci = new Person(shared, Path.Combine(_folder, "ci"));
        await Succeeds(ci.Docker(robot["secret"]!.GetValue<string>(), "login", shared.Listen, "--username", $"{_project}+ci", "--password-stdin"));
        await Succeeds(ci.Inspect(Image));
        (await Fails(ci.Docker(null, "push", "-q", Image))).ShouldContain("may not push");
        await SlipwayProcess.Until(async () => (await ci.Inspect(Image)).ExitCode != 0, "the robot is at its end");
        (await Fails(ci.Docker(null, "pull", "-q", Image))).ShouldContain("has ended on");

        var anybody = new Person(shared, Path.Combine(_folder, "anybody"));
        (await Fails(anybody.Docker(null, "pull", "-q", Image))).ShouldContain("is not public, or not there: log in");
        await shared.Do("project", "set", _project, "--public");
        await Succeeds(anybody.Docker(null, "pull", "-q", Image));
        (await Fails(anybody.Docker(null, "push", "-q", Image))).ShouldContain("log in");
        await shared.Do("robot", "rm", $"{_project}+ci");
    }

    /// <summary>A person with an account and a role, logged in with slipway.</summary>
    async Task<Person> Account(string role)
    {
        var name = $"{_project}-{role}";
        _accounts.Add(name);
        (await shared.Pipe(Password, "account", "add", name, "--password-stdin")).ExitCode.ShouldBe(0);
        if (role == "maintainer") await shared.Do("project", "member", "set", _project, name, role);
        var person = new Person(shared, Path.Combine(_folder, role));
        await Succeeds(person.Slipway(Password, "login", "--user", name, "--password-stdin"));
        return person;
    }

    async Task<IEnumerable<JsonObject>> Audit(Person person, string action) =>
        JsonNode.Parse((await Succeeds(person.Slipway(null, "audit", "--project", _project, "--action", action, "--json"))).Output)!.AsArray().Select(one => one!.AsObject());

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
