using System.Net;
using Slipway.Model;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;

namespace Slipway.Registry.Tests.Auth;

public sealed class RobotTests : IAsyncLifetime
{
    AccessHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await AccessHost.Start();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("shop", "shop/web", true)]
    [InlineData("shop/web", "shop/web", true)]
    [InlineData("shop/web", "shop/webshop", false)]
    [InlineData("shop/web", "shop/web/part", false)]
    [InlineData("shop/team-*", "shop/team-a", true)]
    [InlineData("shop/team-*", "shop/team-a/x", true)]
    [InlineData("shop/team-*", "shop/web", false)]
    [InlineData("shop/*", "shop/anything", true)]
    public async Task Scope_CoversWhatItSays(string pattern, string repository, bool covered)
    {
        await _host.Admin.PushImage(repository, "v1");
        var robot = await _host.Robot("shop", "ci", pattern, "pull");
        robot.Name.ShouldBe("shop+ci");
        var status = (await _host.As(robot.Name, robot.Secret!).GetAsync($"/v2/{repository}/manifests/v1")).StatusCode;
        status.ShouldBe(covered ? HttpStatusCode.OK : HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Ended_IsRefused_OnItsDay()
    {
        await _host.Admin.PushImage("shop/web", "v1");
        var robot = await _host.Robots.Add(new RobotRequest { Name = "ci", Project = "shop", Expires = DateTimeOffset.UtcNow.AddDays(1) }, Rights.Admin, Caller.Server, default);
        var client = _host.As(robot.Name, robot.Secret!);
        (await client.GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.OK);
        _host.Registry.Time.Ahead = TimeSpan.FromDays(2);
        await (await client.GetAsync("/v2/shop/web/manifests/v1")).ShouldBeRefused(401, "UNAUTHORIZED");
        (await (await client.GetAsync("/v2/shop/web/manifests/v1")).Text()).ShouldContain("has ended on");
    }

    [Fact]
    public async Task Rotated_OldSecretIsWorthNothing()
    {
        var robot = await _host.Robot("shop", "ci", "shop", "pull");
        (await _host.As(robot.Name, robot.Secret!).GetAsync("/v2/")).StatusCode.ShouldBe(HttpStatusCode.OK);
        var rotated = await _host.Robots.Rotate("shop+ci", Rights.Admin, Caller.Server, default);
        (await _host.As(robot.Name, robot.Secret!).GetAsync("/v2/")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await _host.As(robot.Name, rotated.Secret!).GetAsync("/v2/")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Maintainer_MakesRobotsOfHisProject_WithNoMoreThanHeHas()
    {
        var rights = new Rights([new Grant(ScopePattern.OfProject("shop"), RegistryActions.All)]);
        (await _host.Robots.Add(new RobotRequest { Name = "a", Project = "shop", Scopes = [Scope("shop/web", "push")] }, rights, Caller.Server, default)).Name.ShouldBe("shop+a");
        Robots.MayManage(rights, "other").ShouldBeFalse();
        Robots.MayManage(rights, null).ShouldBeFalse();
        (await Wrong(rights, "b", Scope("other/x", "pull"))).ShouldContain("outside of the robot's project");
        _host.Robots.List(null, rights).Select(robot => robot.Name).ShouldBe(["shop+a"]);
    }

    [Fact]
    public async Task RobotThatMayManage_MakesRobots_ButNoneWithMoreThanItsOwn()
    {
        var rights = new Rights([new Grant(ScopePattern.OfProject("shop"), RegistryActions.Pull | RegistryActions.Manage)]);
        (await _host.Robots.Add(new RobotRequest { Name = "reader", Project = "shop", Scopes = [Scope("shop", "pull")] }, rights, Caller.Server, default)).Secret.ShouldNotBeNull();
        (await Wrong(rights, "writer", Scope("shop", "push"))).ShouldContain("more than you may give away");
    }

    [Theory]
    [InlineData("UPPER", "shop", "shop", "pull", "name")]
    [InlineData("ci", "a/b", "shop", "pull", "project")]
    [InlineData("ci", "robot", "robot", "pull", "project")]
    [InlineData("ci", "shop", "shop/../x", "pull", "scopes")]
    [InlineData("ci", "shop", "sho*", "pull", "scopes")]
    [InlineData("ci", "shop", "shop", "fly", "scopes")]
    public async Task Add_BadInput_NamesTheKey(string name, string project, string pattern, string action, string key)
    {
        var error = await Should.ThrowAsync<InvalidInputException>(() => _host.Robots.Add(new RobotRequest { Name = name, Project = project, Scopes = [Scope(pattern, action)] }, Rights.Admin, Caller.Server, default));
        error.Diagnostics.Single().Key.ShouldBe(key);
    }

    async Task<string> Wrong(Rights rights, string name, RobotScope scope) =>
        (await Should.ThrowAsync<InvalidInputException>(() => _host.Robots.Add(new RobotRequest { Name = name, Project = "shop", Scopes = [scope] }, rights, Caller.Server, default))).Message;

    static RobotScope Scope(string repositories, params string[] actions) => new() { Repositories = repositories, Actions = actions };
}
