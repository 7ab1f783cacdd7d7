using Slipway.Model;
using Slipway.Pipelines.Images;

namespace Slipway.Pipelines.Tests.Images;

public sealed class AppImagesTests(RealEngine engine)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Make_ServicesThatShareABuild_BuildOnceAndShipEach()
    {
        using var folder = TemporaryFolder.ForBuild($"FROM scratch\nCOPY busybox /bin/sh\nRUN echo {engine.Unique} > /id; echo built\nEXPOSE 5000\n");
        var app = App("shared", [Built("web", folder, engine.Named($"slipway-pipelines-tests/shared:{engine.Unique}")), Built("Worker", folder, $"slipway-pipelines-tests/shared:{engine.Unique}"), Named("cron", $"slipway-pipelines-tests/shared:{engine.Unique}")]);
        var events = new Watched();

        var made = await engine.Get<AppImages>().Make(app, 1, noCache: true, events, Cancel);

        made.Keys.Order().ShouldBe(["Worker", "cron", "web"]);
        events.Output.ShouldBe(["built"]);
        made["web"].Image.ShouldStartWith($"{app.Name}/web@sha256:");
        made["Worker"].Image.ShouldStartWith($"{app.Name}/worker@sha256:");
        made["web"].Facts.TcpPorts.ShouldBe([5000]);
        events.Pushed.Select(p => p.Image).Order().ShouldBe(made.Values.Select(m => m.Image).Order());
        foreach (var image in made.Values)
        {
            var parts = image.Image.Split('@');
            (await engine.Get<OwnRegistry>().Has(parts[0], parts[1], Cancel)).ShouldBeTrue();
            engine.Named($"{engine.RegistryAddress}/{parts[0]}:rollout-1");
        }
    }

    [Fact]
    public async Task Make_NothingChanged_PushesNothingAndGivesTheSameImages()
    {
        using var folder = TemporaryFolder.ForBuild($"FROM scratch\nCOPY busybox /bin/sh\nRUN echo again {engine.Unique}\n");
        var app = App("again", [Built("web", folder, null)]);
        engine.Named($"{engine.RegistryAddress}/{app.Name}/web:rollout-1");
        var first = await engine.Get<AppImages>().Make(app, 1, noCache: false, new Watched(), Cancel);
        var events = new Watched();

        var second = await engine.Get<AppImages>().Make(app, 2, noCache: false, events, Cancel);

        second["web"].Image.ShouldBe(first["web"].Image);
        events.Pushed.ShouldBeEmpty();
    }

    [Fact]
    public async Task Make_OneServiceFails_NamesItAndEndsTheOthers()
    {
        using var good = TemporaryFolder.ForBuild("FROM scratch\nCOPY busybox /bin/sh\nCOPY busybox /bin/sleep\nRUN exec sleep 600\n");
        using var bad = TemporaryFolder.ForBuild("FROM scratch\nCOPY busybox /bin/sh\nRUN exit 7\n");
        var app = App("fails", [Built("slow", good, null), Built("bad", bad, null)]);

        var wrong = await Should.ThrowAsync<InvalidInputException>(() => engine.Get<AppImages>().Make(app, 1, noCache: true, new Watched(), Cancel));

        wrong.Diagnostics.ShouldHaveSingleItem().ShouldSatisfyAllConditions(d => d.Key.ShouldBe("services.bad.build"), d => d.Message.ShouldContain("exit code 7"));
    }

    [Fact]
    public async Task Make_ImageOfAService_ThatIsNone_NamesItsKey()
    {
        var wrong = await Should.ThrowAsync<InvalidInputException>(() =>
            engine.Get<AppImages>().Make(App("none", [Named("db", "Not An Image")]), 1, noCache: false, new Watched(), Cancel));

        wrong.Diagnostics.ShouldHaveSingleItem().Key.ShouldBe("services.db.image");
    }

    AppModel App(string name, IReadOnlyList<ServiceModel> services) => new() { Name = AppName.Parse($"plt-{name}-{engine.Unique}"), Services = services };

    static ServiceModel Built(string name, TemporaryFolder folder, string? image) => Named(name, image) with { Build = new BuildModel { Context = folder.Root } };

    static ServiceModel Named(string name, string? image) =>
        new() { Name = name, Image = image, Container = new ContainerSpec(), Release = Policy };

    static ReleasePolicy Policy { get; } = new() { Strategy = Strategy.Rolling };
}
