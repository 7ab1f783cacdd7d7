using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.GarbageCollection;
using Slipway.Registry.Images;
using Slipway.Registry.Names;
using Slipway.Registry.Rules;
using Slipway.Registry.Rules.Retention;

namespace Slipway.Registry.Tests.Rules;

public sealed class RetentionRunTests : IAsyncLifetime
{
    RegistryHost _host = null!;

    ProjectRules Rules => _host.Services.GetRequiredService<ProjectRules>();

    ProjectRetention Retention => _host.Services.GetRequiredService<ProjectRetention>();

    HttpClient Client => _host.Client;

    public async ValueTask InitializeAsync() => _host = await RegistryHost.Start();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    Task Keep(int last, int? hour = null) => Rules.SetRetention(
        "shop", new RetentionPolicy { Rules = [new RetentionRule { Keep = RetentionKeep.Last, Count = last }], Hour = hour }, new Caller("admin"), CancellationToken.None);

    Task<RetentionRun> Run() => Retention.Run("shop", new Caller("anna"), CancellationToken.None);

    static List<(string, string)> Going(RetentionReport report) =>
        [.. report.Repositories.SelectMany(repository => repository.Tags.Where(tag => !tag.Keeps).Select(tag => (repository.Repository, tag.Tag))).Order()];

    [Fact]
    public async Task Run_RemovesWhatTheDryRunSaid_AndCollectionFreesThoseBytes()
    {
        for (var i = 1; i <= 4; i++) await Client.PushImage("shop/web", $"v{i}", seed: i);
        await Client.PushImage("shop/api", "v1", seed: 1);
        await Client.PushImage("store/web", "v1", seed: 2);
        await Keep(2);

        var dry = Retention.Try("shop", null);
        _host.Catalog.Tags("shop/web").Count.ShouldBe(4);
        var run = (await Run()).Report!;

        Going(dry).ShouldBe([("shop/web", "v1"), ("shop/web", "v2")]);
        Going(run).ShouldBe(Going(dry));
        (run.ManifestsRemoved, run.TagsKept, run.FreedBytes).ShouldBe((dry.ManifestsRemoved, dry.TagsKept, dry.FreedBytes));
        // What v1 needs the other repository needs too, and v2 another project.
        run.FreedBytes.ShouldBe(0);
        _host.Catalog.Tags("shop/web").ShouldBe(["v3", "v4"]);
        (await Client.GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        _host.Catalog.Tags("shop/api").ShouldBe(["v1"]);
        Retention.Runs("shop").Single().Actor.ShouldBe("anna");
        Going(Retention.Runs("shop").Single().Report!).ShouldBe(Going(dry));
        Going((await Run()).Report!).ShouldBeEmpty();
    }

    [Fact]
    public async Task FreedBytes_AreWhatCollectionFrees()
    {
        for (var i = 1; i <= 3; i++) await Client.PushImage("shop/web", $"v{i}", seed: i);
        await Keep(1);
        var freed = (await Run()).Report!.FreedBytes;
        _host.Time.Ahead = TimeSpan.FromDays(3);
        var collected = await _host.Services.GetRequiredService<GarbageCollector>().Collect(new CollectionRequest(), Caller.Server);
        collected!.BlobBytes.ShouldBe(freed);
        freed.ShouldBe(2 * (1000 + """{"seed":1}""".Length));
    }

    [Fact]
    public async Task InUse_Stays_WithEveryTagOfIt()
    {
        var digest = await Client.PushImage("shop/web", "v1", seed: 1);
        await Client.PushImage("shop/web", "v2", seed: 2);
        _host.InUse.Add(new ImageUse("shop/web", Digest.Parse(digest), "shop v1 (warm)"));
        await Keep(1);
        Retention.Try("shop", null).Repositories.Single().Tags.Select(tag => tag.Reason).ShouldBe(["in use: shop v1 (warm)", "rule 1: last 1"]);
        (await Run()).Report!.TagsRemoved.ShouldBe(0);
    }

    [Fact]
    public async Task CameIntoUseOrWasPushedAfterTheDecision_Stays()
    {
        var used = await Client.PushImage("shop/web", "v1", seed: 1);
        await Client.PushImage("shop/web", "v2", seed: 2);
        var pushed = await Client.ImageManifest("shop/web", seed: 3);
        await Client.PutManifest("shop/web", "v3", pushed);
        var services = _host.Services;
        var snapshot = _host.Db.Read(connection => RepositorySnapshot.Load(
            connection, RowOf(connection), RepositoryOf("shop/web"), services.GetRequiredService<ImmutableTags>(), services.GetRequiredService<ImageUses>()));
        var outcome = RetentionDecision.Decide(new RetentionPolicy { Rules = [new RetentionRule { Keep = RetentionKeep.Pulled, Days = 1 }] }, snapshot, _host.Time.GetUtcNow());
        outcome.Gone.Count.ShouldBe(3);

        _host.InUse.Add(new ImageUse("shop/web", Digest.Parse(used), "shop v1 (live)"));
        await Client.PutManifest("shop/web", "v3", pushed);
        var (tags, manifests) = await services.GetRequiredService<RetentionRemoval>().Remove(snapshot, outcome, Caller.Server, CancellationToken.None);

        tags.Select(verdict => verdict.Tag.Name).ShouldBe(["v2"]);
        manifests.ShouldBe(1);
        _host.Catalog.Tags("shop/web").ShouldBe(["v1", "v3"]);
    }

    [Fact]
    public async Task Index_GoesWithItsEntries_InOneStep()
    {
        var child = await Client.PushImage("shop/web", "tmp", seed: 1);
        var size = (await Client.GetByteArrayAsync($"/v2/shop/web/manifests/{child}")).Length;
        await Client.PutManifest(
            "shop/web", "v1", $$"""{"schemaVersion":2,"mediaType":"{{Registry.Tests.Client.OciIndex}}","manifests":[{"mediaType":"{{Registry.Tests.Client.OciImage}}","digest":"{{child}}","size":{{size}}}]}""",
            Registry.Tests.Client.OciIndex);
        await Client.DeleteAsync("/v2/shop/web/manifests/tmp");
        await Client.PushImage("shop/web", "v2", seed: 2);
        await Keep(1);

        var report = (await Run()).Report!;

        report.ManifestsRemoved.ShouldBe(2);
        (await Client.GetAsync($"/v2/shop/web/manifests/{child}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        _host.Services.GetRequiredService<EventLog>().After(0, 1000).Where(one => one is { Action: "delete", Detail: { } detail } && detail.StartsWith("retention", StringComparison.Ordinal)).Count().ShouldBe(3);
    }

    [Fact]
    public async Task Schedule_RunsWhenTheHourHasCome_Once()
    {
        for (var i = 1; i <= 2; i++) await Client.PushImage("shop/web", $"v{i}", seed: i);
        await Keep(1, hour: _host.Time.GetUtcNow().AddHours(2).Hour);
        var schedule = _host.Services.GetRequiredService<RetentionSchedule>();

        await schedule.RunDue(CancellationToken.None);
        Retention.Runs("shop").ShouldBeEmpty();
        _host.Time.Ahead += TimeSpan.FromHours(2);
        await schedule.RunDue(CancellationToken.None);
        await schedule.RunDue(CancellationToken.None);

        Retention.Runs("shop").Single().Actor.ShouldBe("slipway");
        Rules.Show("shop").NextRetention!.Value.ShouldBeGreaterThan(_host.Time.GetUtcNow());
        _host.Catalog.Tags("shop/web").ShouldBe(["v2"]);
    }

    [Fact]
    public async Task SetRetention_Wrong_NamesEveryErrorByItsKey() =>
        (await Should.ThrowAsync<InvalidInputException>(() => Rules.SetRetention(
            "shop",
            new RetentionPolicy
            {
                Hour = 24, UntaggedAfterDays = 0,
                Rules = [new RetentionRule { Keep = RetentionKeep.Last }, new RetentionRule { Keep = RetentionKeep.Labelled, Repositories = "other/*", Label = "!" }],
            },
            Caller.Server, CancellationToken.None))).Diagnostics.Select(wrong => wrong.Key).ShouldBe(["untaggedAfterDays", "hour", "rules[0].count", "rules[1].repositories", "rules[1].label"]);

    static long RowOf(System.Data.Common.DbConnection connection) => Registry.Storage.RepositoryRow.Find(connection, RepositoryOf("shop/web"))!.Value;

    static RepositoryName RepositoryOf(string text) => RepositoryName.TryParse(text, out var name) ? name : default;
}
