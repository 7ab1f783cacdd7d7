using Slipway.Model;
using Slipway.Server.Metrics;

namespace Slipway.Server.Tests.Metrics;

public sealed class GatewayMetricsTests
{
    const string Of = "app=\"shop\",service=\"web\",release=\"2\"";

    static ReleaseTraffic Traffic(int release) => new()
    {
        App = AppName.Parse("shop"),
        Service = "web",
        Release = release,
        Requests = 10,
        ByClass = [0, 0, 8, 0, 0, 0],
        Failed = 2,
        Latency = [],
        Retries = 3,
        RetriesDenied = 1,
    };

    static GatewayReport Report(params ReleaseTraffic[] releases) => new() { Session = Guid.NewGuid().ToString("N"), ProcessId = 1, Started = default, TableVersion = 1, Instances = [], Releases = releases };

    static InstanceTraffic Instance(string id) => new() { Instance = id, InFlight = 0, Upgraded = 0 };

    [Fact]
    public void Text_OfSeveralGatewaysAndMatchedRequests_IsTheirSumInOneSeries()
    {
        var lines = GatewayMetrics.Text([Report(Traffic(2), Traffic(2) with { IsMatched = true }, Traffic(1)), Report(Traffic(2))]).Split('\n');
        lines.ShouldContain("# TYPE slipway_gateway_requests_total counter");
        lines.ShouldContain($"slipway_gateway_requests_total{{{Of}}} 30");
        lines.ShouldContain($"slipway_gateway_failed_requests_total{{{Of}}} 6");
        lines.ShouldContain($"slipway_gateway_retries_total{{{Of}}} 9");
        lines.ShouldContain($"slipway_gateway_retries_denied_total{{{Of}}} 3");
        lines.ShouldContain("slipway_gateway_requests_total{app=\"shop\",service=\"web\",release=\"1\"} 10");
    }

    [Fact]
    public void Text_OfWhatWasRefusedAndWhoIsLeftAlone_SaysHowMany()
    {
        var breaker = new BreakerTraffic { App = AppName.Parse("shop"), Service = "web", Release = 2, State = "half-open", Opened = 1, Refused = 7 };
        var report = Report() with
        {
            Refused = new Dictionary<string, long> { ["loop"] = 4, ["timeout"] = 0 },
            Unrouted = 6,
            LogLinesDropped = 5,
            Breakers = [breaker],
            Instances = [Instance("a") with { Ejected = true }, Instance("b") with { Unhealthy = "no" }, Instance("c")],
        };
        var lines = GatewayMetrics.Text([report, report with { Breakers = [breaker with { State = "closed" }] }]).Split('\n');
        lines.ShouldContain("slipway_gateway_refused_requests_total{reason=\"loop\"} 8");
        lines.ShouldContain("slipway_gateway_refused_requests_total{reason=\"timeout\"} 0", "a counter is there before it is needed");
        lines.ShouldContain("slipway_gateway_unrouted_requests_total 12");
        lines.ShouldContain("slipway_gateway_log_lines_dropped_total 10");
        lines.ShouldContain("# TYPE slipway_gateway_breakers_open gauge");
        lines.ShouldContain($"slipway_gateway_breakers_open{{{Of}}} 1");
        lines.ShouldContain($"slipway_gateway_breaker_refused_requests_total{{{Of}}} 14");
        lines.ShouldContain("slipway_gateway_unhealthy_instances 2");
        lines.ShouldContain("slipway_gateway_ejected_instances 2");
    }
}
