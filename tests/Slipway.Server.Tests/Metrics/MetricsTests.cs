using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Slipway.Server.Tests.Metrics;

public sealed partial class MetricsTests
{
    [Fact]
    public async Task Metrics_AfterRequestsToTheRegistry_CountThem()
    {
        await using var server = await TestServer.Start();
        var before = Value(await server.Client.GetStringAsync("/metrics"), "slipway_registry_requests_total{operation=\"manifest_get\",status=\"404\"}");
        for (var i = 0; i < 3; i++) (await server.Client.GetAsync("/v2/team/app/manifests/none")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        var text = await server.Client.GetStringAsync("/metrics");

        Value(text, "slipway_registry_requests_total{operation=\"manifest_get\",status=\"404\"}").ShouldBe(before + 3);
        Value(text, "slipway_registry_request_duration_seconds_count{operation=\"manifest_get\"}").ShouldBeGreaterThanOrEqualTo(3);
        Value(text, "slipway_registry_request_duration_seconds_bucket{operation=\"manifest_get\",le=\"+Inf\"}")
            .ShouldBe(Value(text, "slipway_registry_request_duration_seconds_count{operation=\"manifest_get\"}"));
        text.ShouldContain("# TYPE slipway_registry_requests_total counter");
        text.ShouldContain("# TYPE slipway_registry_request_duration_seconds histogram");
        text.ShouldContain("# TYPE slipway_registry_blobs_bytes gauge");
    }

    [Fact]
    public async Task Metrics_EveryLine_IsOfTheTextFormat()
    {
        await using var server = await TestServer.Start();
        await server.Client.GetAsync("/v2/");
        var answer = await server.Client.GetAsync("/metrics");
        answer.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        var lines = (await answer.Content.ReadAsStringAsync()).TrimEnd('\n').Split('\n');
        lines.Length.ShouldBeGreaterThan(20);
        lines.ShouldAllBe(line => Sample().IsMatch(line) || line.StartsWith("# HELP ") || line.StartsWith("# TYPE "));
    }

    [Fact]
    public async Task Metrics_WithoutCredential_AreRefused()
    {
        await using var server = await TestServer.Start();
        (await server.Anonymous.GetAsync("/metrics")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    static double Value(string text, string series) => text.Split('\n')
        .Where(line => line.StartsWith(series + " ", StringComparison.Ordinal))
        .Select(line => double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture)).SingleOrDefault();

    // Prometheus, "Exposition formats", text-based format.
    [GeneratedRegex("""^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-zA-Z_][a-zA-Z0-9_]*="[^"\n]*"(,[a-zA-Z_][a-zA-Z0-9_]*="[^"\n]*")*\})? [-+0-9.eEINFa-z]+$""")]
    private static partial Regex Sample();
}
