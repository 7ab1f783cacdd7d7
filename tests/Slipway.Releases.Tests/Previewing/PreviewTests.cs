using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Previewing;

/// <summary>Previews from their deploy to their end, beside an app that serves on.</summary>
public sealed class PreviewTests : IAsyncLifetime
{
    static readonly AppName First = AppName.Parse("shop--pr-1"), Second = AppName.Parse("shop--pr-2");

    readonly World _world = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await Live(new PreviewPolicy { Max = 2 });

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Deploy_TwoPreviews_RunBesideTheApp_WithVolumesAndHostsOfTheirOwn()
    {
        await Preview("pr-1", 2);
        await Preview("pr-2", 3);

        _world.Running().ShouldBe(["shop--pr-1.redis.v1.1", "shop--pr-1.web.v1.1", "shop--pr-2.redis.v1.1", "shop--pr-2.web.v1.1", "shop.redis.v1.1", "shop.web.v1.1"], ignoreOrder: true);
        _world.Engine.Volumes.ShouldBe(["shop_data", "shop--pr-1_data", "shop--pr-2_data"], ignoreOrder: true);
        foreach (var host in (string[])["web.shop.localhost", "pr-1.web.shop.localhost", "pr-2.web.shop.localhost"]) _world.Serving(host).ShouldBe([1]);
        var status = _world.Queries.App(First)!;
        status.Preview.ShouldNotBeNull().ShouldSatisfyAllConditions(
            p => p.Of.ShouldBe(Sample.App), p => p.Name.ShouldBe("pr-1"), p => p.Branch.ShouldBe("pr-1"), p => p.By.ShouldBe("ann"), p => p.Expires.ShouldBeGreaterThan(_world.Time.Now + TimeSpan.FromDays(6)));
        status.Urls.ShouldBe(["http://pr-1.web.shop.localhost/"]);
        _world.Queries.App(Sample.App)!.Preview.ShouldBeNull();
        _world.Previews.Of(Sample.App).ShouldBe([First, Second]);
    }

    [Fact]
    public async Task Deploy_Again_IsItsNextRelease_AndRenewsIt()
    {
        await Preview("feature/x", 2, TimeSpan.FromDays(2));
        var app = AppName.Parse("shop--feature-x");
        await _world.For(TimeSpan.FromDays(1));

        await Preview("refs/heads/feature/x", 3);

        var status = _world.Queries.App(app)!;
        status.Live.ShouldBe(2);
        (status.Preview!.Expires - _world.Time.Now).TotalHours.ShouldBe(48, tolerance: 1);
        await Preview("feature-x", 4, TimeSpan.FromHours(1));
        (_world.Queries.App(app)!.Preview!.Expires - _world.Time.Now).TotalHours.ShouldBe(1, tolerance: 0.5);
        (await Should.ThrowAsync<ConflictException>(() => Preview("feature_x", 5))).Message.ShouldContain("is that of 'feature/x'");
    }

    [Fact]
    public async Task Deploy_Secrets_AreTheSameInEachDeployOfAPreview_AndOthersInAnother()
    {
        var grant = new FileGrant { Name = "db", Content = "the app's own", Target = "/run/secrets/db", IsSecret = true };
        var model = Sample.Model(Strategy.Rolling);
        model = model with { Services = [model.Services[0] with { Container = new ContainerSpec { Files = [grant] } }, model.Services[1]] };
        string Secret(AppName app, int release) => File.ReadAllText(_world.Queries.Release(app, release)!.Model.Find("web")!.Container.Files.Single().Source!);

        await Preview("pr-1", 2, model: model);
        await Preview("pr-1", 3, model: model);
        await Preview("pr-2", 2, model: model);

        Secret(First, 1).ShouldMatch("^[0-9a-f]{32}$");
        Secret(First, 2).ShouldBe(Secret(First, 1));
        Secret(Second, 1).ShouldNotBe(Secret(First, 1));
    }

    [Fact]
    public async Task Expiry_TakesEverythingOfIt_AndNothingElse()
    {
        await Preview("pr-1", 2, TimeSpan.FromHours(2));
        await Preview("pr-2", 2, TimeSpan.FromHours(5));
        var rollouts = _world.Queries.Rollouts(First).Select(r => r.Id).ToList();

        await _world.For(TimeSpan.FromHours(1.9));
        _world.Queries.App(First).ShouldNotBeNull();
        await _world.Until(() => _world.Queries.App(First) is null, "the first preview is gone");

        _world.Time.Now.ShouldBeGreaterThan(Expires(Second) - TimeSpan.FromHours(3.1));
        _world.Engine.All.Select(i => i.App).Distinct().ShouldBe([Sample.App, Second], ignoreOrder: true);
        _world.Engine.Volumes.ShouldBe(["shop_data", "shop--pr-2_data"], ignoreOrder: true);
        _world.Engine.Networks.ShouldAllBe(n => !n.StartsWith("slipway.shop--pr-1."));
        _world.Gateways.Table.Routes.ShouldAllBe(r => r.App != First);
        _world.Rollouts.Removals().ShouldBe([First], "the registry's part is still to be done");
        _world.Previews.Of(Sample.App).ShouldBe([Second]);
        rollouts.ShouldAllBe(id => !File.Exists(Path.Combine(_world.Folder, "rollouts", $"{id}.ndjson")));
        _world.Serving().ShouldBe([1]);
        (await Should.ThrowAsync<ConflictException>(() => Preview("pr-1", 3))).Message.ShouldContain("is being removed");
        await _world.Rollouts.ForgetRemoval(First, _cancel);
        await Preview("pr-1", 3);
        _world.Queries.App(First)!.Live.ShouldBe(1);
    }

    [Fact]
    public async Task Expiry_WhileADeployIsUnderWay_WaitsForItsEnd()
    {
        await Preview("pr-1", 2, TimeSpan.FromMinutes(1));
        var rollout = await _world.Previews.Deploy(Sample.App, "pr-1", new DeploySource { Directory = "/src" }, null, _cancel);
        await _world.For(TimeSpan.FromMinutes(5));
        _world.StateOf(rollout).ShouldBe(RolloutState.Queued);

        await _world.Rollouts.Abort(First, _cancel);
        await _world.Until(() => _world.Queries.App(First) is null, "it is gone");
    }

    [Fact]
    public async Task Extend_MovesTheEnd()
    {
        await Preview("pr-1", 2, TimeSpan.FromHours(1));
        var end = await _world.Previews.Extend(Sample.App, "pr-1", TimeSpan.FromHours(6), _cancel);
        end.ShouldBe(_world.Time.Now + TimeSpan.FromHours(6));
        await _world.For(TimeSpan.FromHours(3));
        Expires(First).ShouldBe(end);

        await _world.Previews.Extend(Sample.App, "PR-1", TimeSpan.FromMinutes(2), _cancel);
        await _world.Until(() => _world.Queries.App(First) is null, "it is gone", passes: 60);
        (await Should.ThrowAsync<NotFoundException>(() => _world.Previews.Extend(Sample.App, "pr-1", TimeSpan.FromHours(1), _cancel))).Message.ShouldBe("shop has no preview 'pr-1', nor any other.");
        await Should.ThrowAsync<InvalidInputException>(() => _world.Previews.Extend(Sample.App, "pr-1", TimeSpan.FromSeconds(1), _cancel));
    }

    [Fact]
    public async Task Deploy_MoreThanThereMayBe_NamesTheOldest()
    {
        await Preview("pr-1", 2);
        await _world.For(TimeSpan.FromMinutes(1));
        await Preview("pr-2", 2);

        (await Should.ThrowAsync<ConflictException>(() => Preview("pr-3", 2))).Message.ShouldSatisfyAllConditions(
            m => m.ShouldContain("shop has 2 previews, and may have 2"), m => m.ShouldContain("The oldest is pr-1"), m => m.ShouldContain("slipway preview rm shop pr-1"));
        await Preview("pr-2", 3);
        _world.Queries.App(AppName.Parse("shop--pr-3")).ShouldBeNull();
    }

    [Fact]
    public async Task Deploy_HostOfAnotherApp_IsRefusedByName()
    {
        var (other, _) = await _world.Deploy(Sample.Model(Strategy.Rolling, app: AppName.Parse("other"), host: "pr-1.web.shop.localhost"), 1);
        await _world.Reaches(other, RolloutState.Done);
        (await Should.ThrowAsync<ConflictException>(() => Preview("pr-1", 2))).Message.ShouldContain("web claims http://pr-1.web.shop.localhost/, which web of other has");

        await Preview("pr-2", 2);
        var late = Sample.Model(Strategy.Rolling, app: AppName.Parse("late"), host: "pr-2.web.shop.localhost");
        Should.Throw<ConflictException>(() => _world.Rollouts.CheckClaims(late)).Message.ShouldContain("which web of shop--pr-2 has");
    }

    [Fact]
    public async Task Deploy_WithoutAnAppThatAllowsIt_IsRefused()
    {
        Task Of(string app) => _world.Previews.Deploy(AppName.Parse(app), "pr-1", new DeploySource { Directory = "/src" }, null, _cancel);
        (await Should.ThrowAsync<NotFoundException>(() => Of("nobody"))).Message.ShouldContain("deploy that first");
        await Preview("pr-1", 2);
        (await Should.ThrowAsync<ConflictException>(() => Of("shop--pr-1"))).Message.ShouldContain("is a preview itself");
        await _world.Rollouts.Deploy(AppName.Parse("new"), new DeploySource { Directory = "/src" }, false, _cancel);
        (await Should.ThrowAsync<ConflictException>(() => Of("new"))).Message.ShouldContain("has no live release yet");
        await _world.Rollouts.Abort(AppName.Parse("new"), _cancel);
        await Live(new PreviewPolicy { Off = true });
        (await Should.ThrowAsync<ConflictException>(() => Of("shop"))).Message.ShouldContain("has no previews");
    }

    [Fact]
    public async Task Deploy_OrdinaryAppByAPreviewsName_IsRefused()
    {
        Task Ordinary(AppName app) => _world.Rollouts.Deploy(app, new DeploySource { Directory = "/src" }, false, _cancel);
        (await Should.ThrowAsync<InvalidInputException>(() => Ordinary(AppName.Parse("my--shop")))).Diagnostics.Single().Expected.ShouldBe(AppName.Rule);
        await Preview("pr-1", 2);
        (await Should.ThrowAsync<ConflictException>(() => Ordinary(First))).Message.ShouldContain("slipway deploy --app shop --preview pr-1");
    }

    [Fact]
    public async Task Remove_OfTheApp_TakesItsPreviewsWithTheirVolumes()
    {
        await Preview("pr-1", 2);
        await _world.Previews.Deploy(Sample.App, "pr-2", new DeploySource { Directory = "/src" }, null, _cancel);
        var removal = await _world.BeginRemoval(Sample.App, volumes: false);
        await _world.Until(() => _world.Queries.Apps().Count == 0, "all is gone");
        await removal.WaitAsync(_cancel);

        _world.Engine.All.ShouldBeEmpty();
        _world.Engine.Volumes.ShouldBe(["shop_data"], "the app's own are kept where nobody says otherwise");
        _world.Gateways.Table.Routes.ShouldBeEmpty();
        _world.Rollouts.Removals().ShouldBe([Sample.App, First, Second], ignoreOrder: true);
    }

    [Fact]
    public async Task Remove_OfAPreview_LeavesTheAppServing_AndTakesVolumesUnasked()
    {
        await Preview("pr-1", 2);
        var removal = await _world.BeginRemoval(First, volumes: false);
        await _world.Until(() => _world.Queries.App(First) is null, "it is gone");
        await removal.WaitAsync(_cancel);
        _world.Engine.Volumes.ShouldBe(["shop_data"]);
        _world.Serving().ShouldBe([1]);
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1"], ignoreOrder: true);
    }

    [Fact]
    public async Task Expiry_KilledAtEveryMoment_TheNextServerEndsIt()
    {
        var moments = 0;
        for (; moments < 100; moments++)
        {
            await using var world = new World();
            var (live, _) = await world.Deploy(Sample.Model(Strategy.Rolling), 1);
            await world.Reaches(live, RolloutState.Done);
            await Preview(world, "pr-1", 2, TimeSpan.FromHours(1));
            await world.For(TimeSpan.FromMinutes(59));
            world.CrashAfter(moments);
            var crashed = false;
            for (var passes = 0; world.Queries.App(First) is not null; passes++)
            {
                passes.ShouldBeLessThan(500, world.Describe());
                await world.Turn();
                if (!world.HasCrashed) continue;
                crashed = true;
                world.StartServer();
            }
            world.Engine.All.Select(i => i.App).Distinct().ShouldBe([Sample.App], $"killed at moment {moments}");
            world.Engine.Volumes.ShouldBe(["shop_data"], $"killed at moment {moments}");
            world.Engine.Networks.ShouldAllBe(n => n.StartsWith("slipway.shop."), $"killed at moment {moments}");
            world.Rollouts.Removals().ShouldBe([First]);
            world.Serving().ShouldBe([1]);
            world.Watchdog.Violation.ShouldBeNull();
            if (!crashed) break;
        }
        moments.ShouldBeInRange(5, 99);
    }

    async Task Live(PreviewPolicy policy)
    {
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Rolling) with { Previews = policy }, 1);
        await _world.Reaches(rollout, RolloutState.Done);
    }

    Task Preview(string branch, int version, TimeSpan? lasts = null, AppModel? model = null) => Preview(_world, branch, version, lasts, model);

    /// <summary>Deploys it up to done, as the builder does.</summary>
    static async Task Preview(World world, string branch, int version, TimeSpan? lasts = null, AppModel? model = null)
    {
        var cancel = TestContext.Current.CancellationToken;
        var rollout = await world.Previews.Deploy(Sample.App, branch, new DeploySource { Directory = "/src" }, lasts, cancel, "ann");
        (await world.Rollouts.TakeQueued(cancel)).Id.ShouldBe(rollout.Id);
        var (made, _) = world.Previews.Make(model ?? Sample.Model(Strategy.BlueGreen, replicas: 3), rollout.Source!);
        var images = made.Services.ToDictionary(s => s.Name, s => Sample.Image(made.Name, s.Name, s.Name == "redis" ? 1 : version));
        try
        {
            await world.Rollouts.Stage(rollout.Id, made, images, new Dictionary<string, ImageFacts>(), cancel);
        }
        catch (ConflictException refused)
        {
            await world.Rollouts.Fail(rollout.Id, refused.Message, cancel);
            throw;
        }
        await world.Reaches(rollout, RolloutState.Done);
    }

    DateTimeOffset Expires(AppName app) => _world.Queries.App(app)!.Preview!.Expires;
}
