using System.Text;
using System.Text.Json;
using Slipway.Model;
using Slipway.Releases.Tests.Sites;

namespace Slipway.Releases.Tests.Reconciling;

/// <summary>Services whose files the gateway serves, as parts of their app's releases. The <see cref="Watchdog"/> sees to it that no table names a site that is not there.</summary>
public sealed class StaticTests : IAsyncLifetime
{
    readonly World _world = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public StaticTests() => Fill(_world);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task FirstRelease_FilesUnpacked_GoesLiveWithoutAContainer()
    {
        var (rollout, _) = await _world.Deploy(Model(Strategy.BlueGreen), web: 1);
        await _world.Reaches(rollout, RolloutState.Done);

        _world.Running().ShouldBe(["shop.redis.v1.1"]);
        Sites().ShouldBe(["web.v1"]);
        Served().ShouldBe("1");
        var status = _world.Queries.App(Sample.App)!.Services.Single(s => s.Service == "web");
        (status.Files, status.Ready, status.Replicas).ShouldBe(("/srv/www", 1, 1));
        _world.Engine.Prepared.ShouldNotContain(i => i.Contains("/web@", StringComparison.Ordinal));
    }

    [Fact]
    public async Task BlueGreen_PromotedAndRolledBack_IsAChangeOfRoutesBetweenTwoSites()
    {
        await Live(Strategy.BlueGreen, 1);
        var (second, _) = await _world.Deploy(Model(Strategy.BlueGreen), web: 2);
        await _world.Reaches(second, RolloutState.Holding);
        (Served(), Served("preview.web.shop.localhost"), Other()).ShouldBe(("1", "2", null));

        await _world.Rollouts.Promote(Sample.App, _cancel);
        await _world.Reaches(second, RolloutState.Done);
        (Served(), Content(Other()!)).ShouldBe(("2", "1"));

        _world.Engine.Archives = (_, _) => null;
        var back = await _world.Rollouts.Rollback(Sample.App, null, _cancel);
        await _world.Reaches(back, RolloutState.Done);
        (Served(), Content(Other()!)).ShouldBe(("1", "2"));
    }

    [Fact]
    public async Task Warm_TimeIsOver_TheSiteGoesAfterItsRoutes_AndComesBackFromItsImage()
    {
        await Live(Strategy.BlueGreen, 1);
        await Live(Strategy.BlueGreen, 2);
        Sites().ShouldBe(["web.v1", "web.v2"]);

        await _world.For(TimeSpan.FromHours(2));
        Sites().ShouldBe(["web.v2"]);
        Other().ShouldBeNull();

        var back = await _world.Rollouts.Rollback(Sample.App, 1, _cancel);
        await _world.Reaches(back, RolloutState.Done);
        Served().ShouldBe("1");
    }

    [Fact]
    public async Task Old_WithRequestsInFlight_StaysUntilTheyHaveEnded()
    {
        await Live(Strategy.Rolling, 1);
        var id = _world.Sites.Observe(Sample.App).Single().Id;
        _world.Gateways.Traffic[id] = (1, 0);
        var (second, _) = await _world.Deploy(Model(Strategy.Rolling), web: 2);
        await _world.Until(() => Served() == "2", "v2 serves");

        await _world.For(TimeSpan.FromSeconds(20));
        Sites().ShouldBe(["web.v1", "web.v2"]);

        _world.Gateways.Traffic[id] = (0, 0);
        await _world.Reaches(second, RolloutState.Done);
        Sites().ShouldBe(["web.v2"]);
    }

    [Fact]
    public async Task Rolling_BesideContainers_GoesOverWholeAndOnce()
    {
        await Live(Strategy.Rolling, 1, api: 3);
        var seen = new List<string>();
        _world.Gateways.Swapped += table => seen.Add(string.Join("+", table.Routes.Single(r => r.Service == "web").Destinations.SelectMany(d => d.Upstreams).Select(u => Content(u.Site!))));
        var (second, _) = await _world.Deploy(Model(Strategy.Rolling, api: 3), web: 2);
        await _world.Reaches(second, RolloutState.Done);

        seen.ShouldAllBe(s => s == "1" || s == "2");
        seen.Zip(seen.Skip(1)).Count(pair => pair.First != pair.Second).ShouldBe(1);
        Served().ShouldBe("2");
    }

    [Fact]
    public async Task Rolling_ThatFailsAfterTheFilesWentOver_GoesBackToTheOldOnes()
    {
        await Live(Strategy.Rolling, 1);
        var (second, _) = await _world.Deploy(Model(Strategy.Rolling), web: 2);
        await _world.Until(() => Served() == "2" && Sites().Count == 1, "v1 is gone");

        await _world.Rollouts.Abort(Sample.App, _cancel);
        await _world.Reaches(second, RolloutState.RolledBack);

        Served().ShouldBe("1");
        Sites().ShouldBe(["web.v1"]);
    }

    [Fact]
    public async Task Canary_SharesByWeight_AndEachSideHasTheOtherBesideIt()
    {
        await Live(Strategy.Canary, 1);
        _world.Gateways.Crowd = new FakeCrowd(_world.Time);
        var (second, _) = await _world.Deploy(Model(Strategy.Canary), web: 2);
        await _world.Until(() => _world.WeightOf(2) == 1000, "10%");

        var route = Route("web.shop.localhost");
        route.Split.ShouldNotBeNull();
        route.Destinations.Select(d => (d.Release, d.Weight, Content(d.Upstreams[0].Site!), Content(d.Upstreams[0].Other!))).ShouldBe([(1, 9000, "1", "2"), (2, 1000, "2", "1")]);
        await _world.Reaches(second, RolloutState.Done);
        Served().ShouldBe("2");
    }

    [Fact]
    public async Task Unchanged_IsCarriedOver_AndNothingIsUnpackedAgain()
    {
        await Live(Strategy.BlueGreen, 1);
        var reads = 0;
        _world.Engine.Archives = (_, _) => { reads++; return Archive.Of(("./index.html", "x")); };

        var (second, release) = await _world.Deploy(Model(Strategy.BlueGreen, environment: "changed"), web: 1, redis: 2, autoPromote: true);
        await _world.Reaches(second, RolloutState.Done);

        (reads, Served(), release!.Number).ShouldBe((0, "1", 2));
        _world.Queries.App(Sample.App)!.Services.Single(s => s.Service == "web").Release.ShouldBe(1);
    }

    [Fact]
    public async Task Settings_ThatChange_AreANewVersionOfTheSameFiles()
    {
        await Live(Strategy.BlueGreen, 1);
        var model = Model(Strategy.BlueGreen);
        model = model with { Services = [.. model.Services.Select(s => s.Name == "web" ? s with { Release = s.Release with { Static = s.Release.Static! with { Extensions = [".html"] } } } : s)] };

        var (second, _) = await _world.Deploy(model, web: 1, autoPromote: true);
        await _world.Reaches(second, RolloutState.Done);

        Sites().ShouldBe(["web.v1", "web.v2"]);
    }

    [Fact]
    public async Task FolderThatIsNotThere_FailsTheRelease_AndTheLiveOneStays()
    {
        await Live(Strategy.BlueGreen, 1);
        _world.Engine.Archives = (_, _) => null;

        var (second, _) = await _world.Deploy(Model(Strategy.BlueGreen), web: 2);
        await _world.Reaches(second, RolloutState.RolledBack);

        _world.Queries.Rollout(second.Id)!.Error!.ShouldContain("has no folder /srv/www");
        (Served(), Sites().Single()).ShouldBe(("1", "web.v1"));
    }

    [Fact]
    public async Task LeftOut_IsSaidInTheJournal()
    {
        _world.Engine.Archives = (_, _) => new Archive().File("./index.html", "1").Link("./out", "/etc/passwd").Bytes();
        var (rollout, _) = await _world.Deploy(Model(Strategy.BlueGreen), web: 1);
        await _world.Reaches(rollout, RolloutState.Done);

        var notes = new List<string>();
        await foreach (var (_, happened) in _world.Journal.Read(rollout.Id, 0, follow: false, _cancel))
            if (happened is RolloutEvent.Note note) notes.Add(note.Text);
        notes.ShouldContain(n => n.Contains("1 files of /srv/www", StringComparison.Ordinal));
        notes.ShouldContain(n => n.Contains("/out is a link to /etc/passwd", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Scale_OfFiles_IsRefused()
    {
        await Live(Strategy.BlueGreen, 1);

        var refused = await Should.ThrowAsync<InvalidInputException>(() => _world.Rollouts.Scale(Sample.App, "web", 3, _cancel));

        refused.Message.ShouldContain("web has no instances that could be scaled");
    }

    [Fact]
    public async Task Plan_SaysThatFilesAreUnpacked()
    {
        await Live(Strategy.BlueGreen, 1);
        var model = Model(Strategy.BlueGreen);

        var plan = _world.Plans.Make(model with { Services = [.. model.Services.Select(s => s.Name == "web" ? s with { Image = "site:2" } : s)] }, autoPromote: false);

        plan.Order.ShouldContain("the files of web (/srv/www of its image) are unpacked; no container runs for web");
        plan.Order.ShouldNotContain(line => line.Contains("starts", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Removal_LeavesNoFiles()
    {
        await Live(Strategy.BlueGreen, 1);
        var removal = await _world.BeginRemoval(Sample.App, volumes: false);
        await _world.Until(() => removal.IsCompleted, "removed");

        Directory.Exists(Path.Combine(_world.Folder, "sites", "shop")).ShouldBeFalse();
    }

    [Fact]
    public async Task Unfinished_OfAServerThatWasKilled_GoesWhenItIsSeen()
    {
        await Live(Strategy.BlueGreen, 1);
        var left = Path.Combine(_world.Folder, "sites", "shop", "web.v7.0123456789abcdef.site.new");
        await File.WriteAllTextAsync(left, "half", _cancel);

        await _world.Turn();

        File.Exists(left).ShouldBeFalse();
        Sites().ShouldBe(["web.v1"]);
    }

    [Theory]
    [InlineData(Strategy.BlueGreen)]
    [InlineData(Strategy.Rolling)]
    public async Task KilledAtEveryMoment_TheNextServerEndsInTheSameState(Strategy strategy)
    {
        var moments = 0;
        for (; moments < 200; moments++)
        {
            await using var world = new World();
            Fill(world);
            var (first, _) = await world.Deploy(Model(strategy), web: 1);
            await world.Reaches(first, RolloutState.Done);
            world.CrashAfter(moments);
            var (second, _) = await world.Deploy(Model(strategy), web: 2);
            var crashed = false;
            for (var passes = 0; passes < 2000 && (!world.StateOf(second).IsEnded || passes < 20); passes++)
            {
                if (world.StateOf(second) == RolloutState.Holding) await world.Rollouts.Promote(Sample.App, _cancel);
                await world.Turn();
                if (!world.HasCrashed) continue;
                crashed = true;
                world.StartServer();
            }
            world.Watchdog.Violation.ShouldBeNull();
            (world.StateOf(second), Served(world)).ShouldBe((RolloutState.Done, "2"), $"killed at moment {moments}");
            Directory.GetFiles(Path.Combine(world.Folder, "sites", "shop"), "*.new").ShouldBeEmpty();
            if (!crashed) break;
        }
        moments.ShouldBeInRange(4, 199);
    }

    static void Fill(World world) => world.Engine.Archives = (image, folder) =>
    {
        folder.ShouldBe("/srv/www");
        for (var version = 1; version < 10; version++)
            if (image.EndsWith(Sample.Image(Sample.App, "web", version), StringComparison.Ordinal)) return Archive.Of(("./index.html", $"{version}"));
        return null;
    };

    static AppModel Model(Strategy strategy, int api = 0, string? environment = null)
    {
        var model = Sample.Model(strategy);
        return model with
        {
            Services =
            [
                .. model.Services.Select(s => s.Name == "web"
                    ? s with { DependsOn = [], Release = s.Release with { Port = null, Static = new StaticFiles { Root = "/srv/www" } } }
                    : environment is null ? s : s with { Container = s.Container with { Environment = new Dictionary<string, string> { ["X"] = environment } } }),
                .. api == 0 ? (ServiceModel[])[] : [new ServiceModel { Name = "api", Container = new ContainerSpec(), Replicas = api, Release = new ReleasePolicy { Hosts = ["api.shop.localhost"], Port = 80, Strategy = strategy, Drain = Sample.Drain } }],
            ],
        };
    }

    async Task Live(Strategy strategy, int version, int api = 0)
    {
        var (rollout, _) = await _world.Deploy(Model(strategy, api), web: version, autoPromote: true);
        await _world.Reaches(rollout, RolloutState.Done);
    }

    IReadOnlyList<string> Sites() => [.. _world.Sites.Observe(Sample.App).Select(i => $"{i.Service}.v{i.Release}")];

    Route Route(string host) => _world.Gateways.Table.Routes.Single(r => r.Hosts.Contains(host));

    string? Other() => Route("web.shop.localhost").Destinations.Single().Upstreams.Single().Other;

    string Content(string site) => Content(_world, site);

    string Served(string host = "web.shop.localhost") => Served(_world, host);

    static string Served(World world, string host = "web.shop.localhost") =>
        Content(world, world.Gateways.Table.Routes.Single(r => r.Hosts.Contains(host)).Destinations.Single().Upstreams.Single().Site!);

    /// <summary>Of its index.html.</summary>
    static string Content(World world, string site)
    {
        var bytes = File.ReadAllBytes(Path.Combine(world.Folder, "sites", site));
        SitePack.TryReadFooter(bytes.AsSpan()[^SitePack.FooterLength..], bytes.Length, out var offset, out var length).ShouldBeTrue();
        var file = JsonSerializer.Deserialize(bytes.AsSpan((int)offset, length), ModelJson.Default.SiteIndex)!.Files.Single(f => f.Path == "/index.html").Plain;
        return Encoding.UTF8.GetString(bytes, (int)file.Offset, (int)file.Length);
    }
}
