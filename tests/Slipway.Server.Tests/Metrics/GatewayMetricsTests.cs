using Slipway.Model;
using Slipway.Server.Metrics;

namespace Slipway.Server.Tests.Metrics;

public sealed class GatewayMetricsTests
{
    [Fact]
    public void Text_OfARelease_HasAHistogramForEachClassThatItAnsweredWith()
    {
        var lines = GatewayMetrics.Text([Report(Traffic(2, times: new AnswerTimes { Success = At((4, 30), (100, 10), (63001, 1)), Failed = At((10, 2)) }))]).Split('\n');

        const string Of = "app=\"shop\",service=\"web\",release=\"2\"";
        lines.ShouldContain("# TYPE slipway_gateway_request_duration_seconds histogram");
        lines.ShouldContain($"slipway_gateway_request_duration_seconds_bucket{{{Of},class=\"2xx\",le=\"0.0025\"}} 0");
        lines.ShouldContain($"slipway_gateway_request_duration_seconds_bucket{{{Of},class=\"2xx\",le=\"0.005\"}} 30");
        lines.ShouldContain($"slipway_gateway_request_duration_seconds_bucket{{{Of},class=\"2xx\",le=\"0.1\"}} 40");
        lines.ShouldContain($"slipway_gateway_request_duration_seconds_bucket{{{Of},class=\"2xx\",le=\"25\"}} 40");
        lines.ShouldContain($"slipway_gateway_request_duration_seconds_bucket{{{Of},class=\"2xx\",le=\"+Inf\"}} 41");
        lines.ShouldContain($"slipway_gateway_request_duration_seconds_count{{{Of},class=\"2xx\"}} 41");
        lines.ShouldContain($"slipway_gateway_request_duration_seconds_count{{{Of},class=\"failed\"}} 2");
        // In the middle of each bucket: 30 of 3.15 to 4 ms, 10 of 80 to 100 ms, one above 63 s.
        lines.ShouldContain($"slipway_gateway_request_duration_seconds_sum{{{Of},class=\"2xx\"}} 64.00725");
        lines.ShouldNotContain(line => line.Contains("class=\"4xx\"") || line.Contains("mirrored"));
    }

    [Fact]
    public void Text_OfCopiesAndDroppedLines_CountsThemOnTheirOwn()
    {
        var copies = new MirroredTraffic { Requests = 3, ByClass = [0, 0, 3, 0, 0, 0], Failed = 0, Dropped = 7, Times = new AnswerTimes { Success = At((4, 3)) }, Originals = AnswerTimes.None };
        var lines = GatewayMetrics.Text([Report(Traffic(2, AnswerTimes.None) with { Mirrored = copies }) with { LogLinesDropped = 5, Unrouted = 6 }]).Split('\n');

        const string Of = "app=\"shop\",service=\"web\",release=\"2\"";
        lines.ShouldContain($"slipway_gateway_mirrored_request_duration_seconds_count{{{Of},class=\"2xx\"}} 3");
        lines.ShouldContain($"slipway_gateway_mirrored_requests_dropped_total{{{Of}}} 7");
        lines.ShouldContain("slipway_gateway_log_lines_dropped_total 5");
        lines.ShouldContain("slipway_gateway_unrouted_requests_total 6");
        lines.ShouldNotContain(line => line.StartsWith("slipway_gateway_request_duration"));
    }

    [Fact]
    public void Text_OfConnections_HasThemByProtocol()
    {
        var traffic = Traffic(2, AnswerTimes.None) with { Stream = StreamProtocol.Tcp, Requests = 9, Failed = 2, Received = 100, Sent = 2000 };
        var lines = GatewayMetrics.Text([Report(traffic, traffic with { Stream = StreamProtocol.Udp, Requests = 1 }) with { Instances = [Instance("a") with { Connections = 4 }] }]).Split('\n');

        const string Of = "app=\"shop\",service=\"web\",release=\"2\"";
        lines.ShouldContain($"slipway_gateway_connections_total{{{Of},protocol=\"tcp\"}} 9");
        lines.ShouldContain($"slipway_gateway_connections_total{{{Of},protocol=\"udp\"}} 1");
        lines.ShouldContain($"slipway_gateway_connections_failed_total{{{Of},protocol=\"tcp\"}} 2");
        lines.ShouldContain($"slipway_gateway_received_bytes_total{{{Of},protocol=\"tcp\"}} 100");
        lines.ShouldContain($"slipway_gateway_sent_bytes_total{{{Of},protocol=\"tcp\"}} 2000");
        lines.ShouldContain("slipway_gateway_open_connections 4");
    }

    [Fact]
    public void Text_OfSeveralGatewaysAndMatchedRequests_IsTheirSumInOneSeries()
    {
        var times = new AnswerTimes { Success = At((4, 1)) };
        var text = GatewayMetrics.Text([Report(Traffic(1, times), Traffic(1, times) with { IsMatched = true }), Report(Traffic(1, times))]);
        text.Split('\n').Single(line => line.StartsWith("slipway_gateway_request_duration_seconds_count")).ShouldEndWith(" 3");
    }

    [Fact]
    public void Text_OfRetriesRefusalsAndWhoIsLeftAlone_IsTheSumOfTheGateways()
    {
        var breaker = new BreakerTraffic { App = AppName.Parse("shop"), Service = "web", Release = 2, State = "half-open", Opened = 1, Refused = 7 };
        var report = Report(Traffic(2, AnswerTimes.None) with { Retries = 3, RetriesDenied = 1 }) with
        {
            Refused = new Dictionary<string, long> { ["loop"] = 4, ["timeout"] = 0 },
            TurnedAway = [new TurnedAwayTraffic { App = AppName.Parse("shop"), Service = "web", Reason = "rate", Requests = 4 }],
            Breakers = [breaker],
            Instances = [Instance("a") with { Ejected = true }, Instance("b") with { Unhealthy = "no" }, Instance("c")],
        };
        var lines = GatewayMetrics.Text([report, report with { Breakers = [breaker with { State = "closed" }] }]).Split('\n');

        const string Of = "app=\"shop\",service=\"web\",release=\"2\"";
        lines.ShouldContain($"slipway_gateway_retries_total{{{Of}}} 6");
        lines.ShouldContain($"slipway_gateway_retries_denied_total{{{Of}}} 2");
        lines.ShouldContain("# TYPE slipway_gateway_breakers_open gauge");
        lines.ShouldContain($"slipway_gateway_breakers_open{{{Of}}} 1");
        lines.ShouldContain($"slipway_gateway_breaker_refused_requests_total{{{Of}}} 14");
        lines.ShouldContain("slipway_gateway_turned_away_requests_total{app=\"shop\",service=\"web\",reason=\"rate\"} 8");
        lines.ShouldContain("slipway_gateway_refused_requests_total{reason=\"loop\"} 8");
        lines.ShouldContain("slipway_gateway_refused_requests_total{reason=\"timeout\"} 0", "a counter is there before it is needed");
        lines.ShouldContain("slipway_gateway_unhealthy_instances 2");
        lines.ShouldContain("slipway_gateway_ejected_instances 2");
    }

    static InstanceTraffic Instance(string id) => new() { Instance = id, InFlight = 0, Upgraded = 0 };

    static long[] At(params (double Milliseconds, int Count)[] times)
    {
        var counts = new long[ReleaseTraffic.LatencyBuckets.Count + 1];
        foreach (var (milliseconds, count) in times) counts[ReleaseTraffic.LatencyBuckets.TakeWhile(bound => bound < milliseconds).Count()] += count;
        return counts;
    }

    static ReleaseTraffic Traffic(int release, AnswerTimes times) =>
        new() { App = AppName.Parse("shop"), Service = "web", Release = release, Requests = 0, ByClass = [0, 0, 0, 0, 0, 0], Failed = 0, Times = times };

    static GatewayReport Report(params ReleaseTraffic[] releases) => new() { Session = Guid.NewGuid().ToString("N"), ProcessId = 1, Started = default, TableVersion = 1, Instances = [], Releases = releases };
}
