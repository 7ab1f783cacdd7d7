using Slipway.Model;

namespace Slipway.Releases.Tests.Reconciling;

public sealed class RouteTests : IAsyncLifetime
{
    readonly World _world = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    IEnumerable<Route> Routes => _world.Gateways.Table.Routes;

    async Task Live(AppModel model, int web)
    {
        var (rollout, _) = await _world.Deploy(model, web: web);
        await _world.Reaches(rollout, RolloutState.Done);
    }

    static AppModel With(Func<ReleasePolicy, ReleasePolicy> change)
    {
        var model = Sample.Model(Strategy.BlueGreen);
        return model with { Services = [.. model.Services.Select(s => s.Release.IsRouted ? s with { Release = change(s.Release) } : s)] };
    }

    [Fact]
    public async Task Maintenance_IsTheApps_OverDeploysAndServers()
    {
        await Live(Sample.Model(Strategy.BlueGreen), 1);
        var wanted = new Maintenance { Message = "Back at 8", Since = DateTimeOffset.UnixEpoch };

        await _world.Maintenance.Store(Sample.App, wanted, _cancel);
        await _world.Until(() => Routes.All(r => r.Maintenance == wanted), "maintenance");
        _world.Queries.App(Sample.App)!.Maintenance.ShouldBe(wanted);

        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.BlueGreen), web: 2);
        await _world.Reaches(rollout, RolloutState.Holding);
        await _world.Until(() => _world.Serving("preview.web.shop.localhost").Contains(2), "a preview");
        Routes.Single(r => r.IsPreview).Maintenance.ShouldBeNull();
        _world.StartServer();
        await _world.Rollouts.Promote(Sample.App, _cancel);
        await _world.Reaches(rollout, RolloutState.Done);
        Routes.ShouldAllBe(r => r.Maintenance == wanted);

        await _world.Maintenance.Store(Sample.App, null, _cancel);
        await _world.Until(() => Routes.All(r => r.Maintenance == null), "no maintenance");
        (await _world.Maintenance.Turn(Sample.App, null, _cancel)).ShouldBeTrue();
    }

    [Fact]
    public async Task Maintenance_OfNobody_IsRefused() =>
        await Should.ThrowAsync<NotFoundException>(() => _world.Maintenance.Turn(AppName.Parse("nobody"), new Maintenance(), _cancel));

    [Fact]
    public async Task PolicyAlone_IsARelease_ThatStartsNothing()
    {
        await Live(With(p => p), 1);
        var before = _world.Running();
        var policy = new RoutePolicy { MaxBody = 5, RequestHeaders = new HeaderChanges { Set = new Dictionary<string, string> { ["X-Env"] = "prod" } } };

        var (rollout, _) = await _world.Deploy(With(p => p with { Route = policy, Hosts = ["*.shop.test"], Redirects = [new RedirectRule { FromHost = "old.test", To = new RouteRedirect { Host = "a.shop.test" } }] }), web: 1);
        await _world.Reaches(rollout, RolloutState.Holding);
        Routes.Select(r => r.Hosts[0]).ShouldContain("*.preview.shop.test");
        Routes.Single(r => r.IsPreview).Policy!.MaxBody.ShouldBe(5);
        await _world.Rollouts.Promote(Sample.App, _cancel);
        await _world.Reaches(rollout, RolloutState.Done);

        _world.Running().ShouldBe(before);
        await _world.Until(() => Routes.Any(r => r.Redirect is not null), "a redirect");
        var redirect = Routes.Single(r => r.Redirect is not null);
        (redirect.Hosts[0], redirect.Redirect!.Host).ShouldBe(("old.test", "a.shop.test"));
        Routes.Single(r => r.Redirect is null).Policy!.RequestHeaders!.Set["X-Env"].ShouldBe("prod");
    }

    [Fact]
    public async Task Redirect_OfAnotherHost_FollowsTheServicesHttps()
    {
        var https = new HttpsPolicy { Mode = HttpsMode.Redirect, OwnCertificate = true };
        await Live(With(p => p with { Https = https, Redirects = [new RedirectRule { FromHost = "old.test", To = new RouteRedirect { Host = "a.shop.test" } }] }), 1);
        await _world.Until(() => Routes.Any(r => r.Redirect is not null), "a redirect");
        Routes.ShouldAllBe(r => r.Https == https);
    }

    [Fact]
    public async Task Affinity_OfAServiceWithoutCanary_HasTheAppsKey_ForEachRelease()
    {
        var policy = new RoutePolicy { Affinity = new AffinityPolicy { Lifetime = TimeSpan.FromHours(1) } };
        await Live(With(p => p with { Route = policy }), 1);
        var affinity = Routes.Single().Policy!.Affinity.ShouldNotBeNull();
        Convert.FromBase64String(affinity.Key.ShouldNotBeNull()).Length.ShouldBe(32);
        affinity.Lifetime.ShouldBe(TimeSpan.FromHours(1));

        var (rollout, _) = await _world.Deploy(With(p => p with { Route = policy with { MaxBody = 1 } }), web: 1);
        await _world.Reaches(rollout, RolloutState.Holding);
        Routes.ShouldAllBe(r => r.Policy!.Affinity == affinity);
    }
}
