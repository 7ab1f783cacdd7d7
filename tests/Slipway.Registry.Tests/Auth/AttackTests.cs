using System.Net;
using Slipway.Model;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;

namespace Slipway.Registry.Tests.Auth;

/// <summary>Ways to more rights than were given, or to know what is nobody's business.</summary>
public sealed class AttackTests : IAsyncLifetime
{
    AccessHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await AccessHost.Start();
        await _host.Admin.PushImage("shop/web", "v1");
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task TokensOfARemovedUser_AreNotGoodForALaterOneOfTheSameName()
    {
        var before = await _host.User("alice", ("shop", ProjectRole.Viewer));
        var token = await _host.WithToken(before, "repository:shop/web:pull");
        var refresh = (await Refresh(before)).GetProperty("refresh_token").GetString()!;
        await _host.Accounts.Remove("alice", Caller.Server, default);
        await _host.User("alice", ("shop", ProjectRole.Maintainer));

        (await token.GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await PostRefresh(refresh)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task TokensOfARemovedRobot_AreNotGoodForALaterOneOfTheSameName()
    {
        var robot = await _host.Robot("shop", "ci", "shop", "pull");
        var token = await _host.WithToken(_host.As(robot.Name, robot.Secret!), "repository:shop/web:pull");
        await _host.Robots.Remove("shop+ci", Rights.Admin, Caller.Server, default);
        await _host.Robot("shop", "ci", "shop", "pull");
        (await token.GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task RolesOfARemovedUser_AreNotThoseOfALaterOneOfTheSameName()
    {
        await _host.User("alice", ("shop", ProjectRole.Maintainer));
        await _host.Accounts.Remove("alice", Caller.Server, default);
        (await (await _host.User("alice")).GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task RobotThatMayManage_DoesNotGetTheSecretOfAStrongerOne()
    {
        await _host.Robot("shop", "deployer", "shop", "pull", "push", "delete");
        var weak = new Rights([new Grant(ScopePattern.OfProject("shop"), RegistryActions.Pull | RegistryActions.Manage)]);
        (await Should.ThrowAsync<ForbiddenException>(() => _host.Robots.Rotate("shop+deployer", weak, Caller.Server, default))).Message.ShouldContain("rights that you have not");
        await _host.Robot("shop", "reader", "shop/web", "pull");
        (await _host.Robots.Rotate("shop+reader", weak, Caller.Server, default)).Secret.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("registry:catalog:*")]
    [InlineData("repository:*:pull")]
    public async Task TokenForTheCatalog_PullsNothing(string scope)
    {
        var client = await _host.WithToken(await _host.User("alice", ("shop", ProjectRole.Viewer)), scope);
        (await client.GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await client.GetStringAsync("/v2/_catalog")).Contains("shop/web").ShouldBe(scope.StartsWith("registry"));
    }

    [Fact]
    public async Task TokenForAProject_HoldsForWhatItNames_AndNoOtherProject()
    {
        var alice = await _host.User("alice", ("shop", ProjectRole.Developer), ("shopping", ProjectRole.Developer));
        await _host.Admin.PushImage("shopping/web", "v1");
        var client = await _host.WithToken(alice, "repository:shop:pull,push,delete");
        (await client.GetAsync("/v2/shopping/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await client.Send("DELETE", "/v2/shop/web/manifests/v1")).StatusCode.ShouldNotBe(HttpStatusCode.Accepted);
    }

    [Theory]
    [InlineData("nobody+here")]
    [InlineData("shop+ci")]
    [InlineData("nobody")]
    [InlineData("alice")]
    public async Task WrongSecret_SaysTheSame_WhetherTheAccountIsThereOrNot(string name)
    {
        await _host.User("alice");
        await _host.Robot("shop", "ci", "shop", "pull");
        var answer = await _host.As(name, "wrong").GetAsync("/v2/");
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await answer.Text()).ShouldContain("wrong name or password");
    }

    [Fact]
    public async Task DisabledAccount_SaysSo_OnlyToWhoKnowsThePassword()
    {
        var alice = await _host.User("alice");
        await _host.Accounts.Change("alice", new AccountChange { Disabled = true }, Caller.Server, default);
        (await (await alice.GetAsync("/v2/")).Text()).ShouldContain("is disabled");
        (await (await _host.As("alice", "wrong").GetAsync("/v2/")).Text()).ShouldNotContain("disabled");
    }

    [Fact]
    public async Task RobotSecrets_AreNotHeldBackByThoseWhoGuess()
    {
        var robot = await _host.Robot("shop", "ci", "shop", "pull");
        for (var i = 0; i < 12; i++) (await _host.As(robot.Name, $"guess {i}").GetAsync("/v2/")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await _host.As(robot.Name, robot.Secret!).GetAsync("/v2/")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task GuessesOfManyNames_DoNotFillTheAuditLog()
    {
        for (var i = 0; i < 150; i++) await _host.As($"x{i}+y", "guess").GetAsync("/v2/");
        // Written one after the other, and not waited for: what is written after them comes behind.
        await _host.User("last");
        _host.Audit.Find(new AuditQuery { Action = "login", Limit = 1000 }).Count.ShouldBeInRange(1, 100);
    }

    [Fact]
    public async Task UnknownMember_DoesNotTellWhichUsersThereAre()
    {
        await _host.User("alice");
        (await Should.ThrowAsync<NotFoundException>(() => _host.Projects.SetMember("shop", "nobody", ProjectRole.Viewer, Caller.Server, default))).Message.ShouldNotContain("alice");
    }

    [Fact]
    public async Task Robot_WhoseEndIsOver_CannotBeMade() =>
        (await Should.ThrowAsync<InvalidInputException>(() => _host.Robots.Add(
            new RobotRequest { Name = "ci", Project = "shop", Expires = _host.Registry.Time.GetUtcNow().AddSeconds(-1) }, Rights.Admin, Caller.Server, default))).Diagnostics.Single().Key.ShouldBe("expires");

    [Fact]
    public async Task Robot_AtItsEnd_IsRefusedAtOnce_TokenAndSecret()
    {
        var robot = await _host.Robots.Add(
            new RobotRequest { Name = "ci", Project = "shop", Expires = _host.Registry.Time.GetUtcNow().AddSeconds(20) }, Rights.Admin, Caller.Server, default);
        var basic = _host.As(robot.Name, robot.Secret!);
        var token = await _host.WithToken(basic, "repository:shop/web:pull");
        foreach (var client in (HttpClient[])[basic, token]) (await client.GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.OK);
        _host.Registry.Time.Ahead = TimeSpan.FromSeconds(21);
        foreach (var client in (HttpClient[])[basic, token]) (await client.GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task PasswordInTheQuery_IsNoCredential()
    {
        await _host.User("alice", ("shop", ProjectRole.Viewer));
        var token = await _host.WithToken(_host.Anonymous, "repository:shop/web:pull");
        var answer = await _host.Anonymous.GetStringAsync($"/v2/token?grant_type=password&account=alice&username=alice&password={Uri.EscapeDataString(AccessHost.Password)}&scope=repository:shop/web:pull");
        using var json = System.Text.Json.JsonDocument.Parse(answer);
        (await _host.With(json.RootElement.GetProperty("token").GetString()!).GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe((await token.GetAsync("/v2/shop/web/manifests/v1")).StatusCode);
        (await token.GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    static async Task<System.Text.Json.JsonElement> Refresh(HttpClient client)
    {
        using var json = System.Text.Json.JsonDocument.Parse(await client.GetStringAsync("/v2/token?service=slipway-registry&offline_token=true"));
        return json.RootElement.Clone();
    }

    Task<HttpResponseMessage> PostRefresh(string refresh) => _host.Anonymous.PostAsync(
        "/v2/token", new FormUrlEncodedContent([KeyValuePair.Create("grant_type", "refresh_token"), KeyValuePair.Create("refresh_token", refresh)]));
}
