using Slipway.Model;
using Slipway.Releases.Reconciling;

namespace Slipway.Releases.Tests.Reconciling;

public sealed class SharedReportsTests
{
    static readonly AppName Shop = AppName.Parse("shop"), Blog = AppName.Parse("blog");
    static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    readonly FakeTime _time = new();
    readonly CountedGateways _gateways = new();
    readonly SharedReports _reports;
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public SharedReportsTests() => _reports = new SharedReports(_gateways, _time);

    [Fact]
    public async Task Of_TwoAppsAtAboutTheSameTime_AsksOnce_AndGivesEachItsOwn()
    {
        var shop = await _reports.Of(Shop, Second, 1, _cancel);
        _time.Advance(Second * 0.9);
        var blog = await _reports.Of(Blog, Second, 1, _cancel);

        _gateways.Asked.ShouldBe(1);
        shop!.Value.Reports.Single().Releases.Single().Requests.ShouldBe(10);
        blog!.Value.Reports.Single().Releases.Single().Requests.ShouldBe(20);
        // The counts' own time, not that of who was given them later.
        blog.Value.At.ShouldBe(shop.Value.At);
    }

    [Fact]
    public async Task Of_OlderThanWanted_AsksAgain()
    {
        await _reports.Of(Shop, Second, 1, _cancel);
        _time.Advance(Second);
        (await _reports.Of(Shop, Second, 1, _cancel))!.Value.At.ShouldBe(_time.Now);
        _gateways.Asked.ShouldBe(2);
    }

    [Fact]
    public async Task Of_AskedBeforeTheGatewaysHadTheRoutes_AsksAgain()
    {
        await _reports.Of(Blog, Second, 1, _cancel);
        _gateways.Version = 2;
        _time.Advance(Second / 10);

        var reports = await _reports.Of(Shop, Second, 2, _cancel);

        _gateways.Asked.ShouldBe(2);
        reports!.Value.Reports.Single().TableVersion.ShouldBe(2);
    }

    [Fact]
    public async Task Of_NoGatewayAnswers_IsNull_AndTheNextAsksAgain()
    {
        _gateways.IsAway = true;
        (await _reports.Of(Shop, Second, 1, _cancel)).ShouldBeNull();
        _gateways.IsAway = false;
        (await _reports.Of(Shop, Second, 1, _cancel)).ShouldNotBeNull();
    }

    sealed class CountedGateways : IGateways
    {
        public int Asked { get; private set; }

        public long Version { get; set; } = 1;

        public bool IsAway { get; set; }

        public Task Publish(RouteTable table, CancellationToken cancel) => Task.CompletedTask;

        public async Task<IReadOnlyList<GatewayReport>> Report(CancellationToken cancel)
        {
            await Task.Yield();
            if (IsAway) throw new GatewayUnavailableException("No gateway answers.");
            Asked++;
            return [new GatewayReport { Session = "one", ProcessId = 1, Started = default, TableVersion = Version, Instances = [], Releases = [Counts(Shop, 10), Counts(Blog, 20)] }];
        }

        static ReleaseTraffic Counts(AppName app, long requests) => new()
        {
            App = app,
            Service = "web",
            Release = 1,
            Requests = requests,
            ByClass = [0, 0, requests, 0, 0, 0],
            Failed = 0,
        };
    }
}
