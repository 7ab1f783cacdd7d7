using System.Diagnostics;
using System.Text.Json;
using Slipway.Gateway.Logging;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Logging;

public sealed class AccessLogTests
{
    static async Task<string[]> Lines(AccessLogFormat format, Func<TestGateway, Task> traffic)
    {
        var folder = NewFolder();
        var file = Path.Combine(folder, "logs", "access.log");
        await using (var gateway = await Start(folder, o => o with { AccessLog = format, AccessLogFile = file }))
        {
            await traffic(gateway);
        }
        (File.GetUnixFileMode(file) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)).ShouldBe(UnixFileMode.None);
        return await File.ReadAllLinesAsync(file, Cancel);
    }

    [Fact]
    public async Task Json_Requests_AreOneObjectEach()
    {
        await using var upstream = EchoUpstream.Start(name: "0123456789abcdef");
        var lines = await Lines(AccessLogFormat.Json, async gateway =>
        {
            await gateway.Publish(Routes.To(upstream));
            (await gateway.Raw("GET /a?b=\"c HTTP/1.1\r\nHost: app.test\r\nX-Request-Id: mine\r\nUser-Agent: x\"\\\u00e9\ty\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n"
                + "GET / HTTP/1.1\r\nHost: nobody.test\r\nConnection: close\r\n\r\n")).ShouldContain("404");
        });

        lines.Length.ShouldBe(2);
        var served = JsonDocument.Parse(lines[0]).RootElement;
        served.GetProperty("client").GetString().ShouldBe("127.0.0.1");
        served.GetProperty("method").GetString().ShouldBe("GET");
        served.GetProperty("target").GetString().ShouldBe("/a?b=\"c");
        served.GetProperty("status").GetInt32().ShouldBe(200);
        served.GetProperty("bytes").GetInt64().ShouldBeGreaterThan(100);
        served.GetProperty("agent").GetString().ShouldBe("x\"\\\u00e9\ty");
        (served.GetProperty("app").GetString(), served.GetProperty("service").GetString(), served.GetProperty("release").GetInt32()).ShouldBe(("shop", "web", 1));
        served.GetProperty("instance").GetString().ShouldBe("0123456789ab");
        served.GetProperty("upstream").GetDouble().ShouldBeInRange(0, served.GetProperty("duration").GetDouble());
        served.GetProperty("requestId").GetString().ShouldBe("mine");
        served.GetProperty("traceId").GetString().ShouldBe("4bf92f3577b34da6a3ce929d0e0e4736");
        DateTimeOffset.Parse(served.GetProperty("time").GetString()!, System.Globalization.CultureInfo.InvariantCulture).Offset.ShouldBe(TimeSpan.Zero);

        var unknown = JsonDocument.Parse(lines[1]).RootElement;
        unknown.GetProperty("status").GetInt32().ShouldBe(404);
        unknown.TryGetProperty("app", out _).ShouldBeFalse();
        unknown.TryGetProperty("upstream", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Combined_Requests_AreOneLineEach_AndNobodyForgesOne()
    {
        await using var upstream = EchoUpstream.Start();
        string? seen = null;
        var lines = await Lines(AccessLogFormat.Combined, async gateway =>
        {
            await gateway.Publish(Routes.To(upstream));
            seen = await gateway.Raw("GET /x HTTP/1.1\r\nHost: app.test\r\nReferer: http://a.test/\"b\r\nUser-Agent: curl \u00ff\r\nConnection: close\r\n\r\n");
        });

        var id = seen!.Split("\r\n").Single(l => l.StartsWith("X-Request-Id: ", StringComparison.Ordinal))[14..];
        var trace = seen.Split("\r\n").Single(l => l.StartsWith("traceparent: ", StringComparison.Ordinal))[16..48];
        lines.Single().ShouldMatch("^127\\.0\\.0\\.1 - - \\[\\d\\d/[A-Z][a-z]{2}/\\d{4}:\\d\\d:\\d\\d:\\d\\d \\+0000\\] \"GET /x HTTP/1\\.1\" 200 \\d+ "
            + $"\"http://a\\.test/\\\\x22b\" \"curl \\\\xff\" app\\.test shop/web v1 raw \\d+\\.\\d{{6}} \\d+\\.\\d{{6}} {id} {trace}$");
    }

    [Fact]
    public async Task Refused_And_Redirected_AreLoggedToo()
    {
        var lines = await Lines(AccessLogFormat.Json, async gateway =>
        {
            await gateway.Publish(Routes.To() with { Redirect = new RouteRedirect { Host = "b.test" } }, Routes.To("no.test"));
            await gateway.Client().GetAsync("/", Cancel);
            await gateway.Client("no.test").GetAsync("/", Cancel);
        });
        lines.Select(l => JsonDocument.Parse(l).RootElement.GetProperty("status").GetInt32()).Order().ShouldBe([308, 503]);
    }

    [Fact]
    public void File_PastItsSize_IsTurnedOver_AndTheOldestGoes()
    {
        var path = Path.Combine(NewFolder(), "logs", "access.log");
        using var file = new RotatingFile(path, size: 10, keep: 2);
        foreach (var line in (string[])["one-------\n", "two-------\n", "three-----\n", "four------\n"]) file.Append(System.Text.Encoding.ASCII.GetBytes(line));

        File.ReadAllText(path).ShouldBe("four------\n");
        File.ReadAllText(path + ".1").ShouldBe("three-----\n");
        File.ReadAllText(path + ".2").ShouldBe("two-------\n");
        File.Exists(path + ".3").ShouldBeFalse();

        File.Delete(path);
        file.Append("five"u8);
        File.ReadAllText(path).ShouldBe("five");
    }

    /// <summary>A pipe that nobody reads is a disk that never gets on.</summary>
    [Fact]
    public async Task Disk_ThatHangs_CostsLinesAndNoRequest()
    {
        var folder = NewFolder();
        var pipe = Path.Combine(folder, "access.log");
        using (var make = Process.Start("mkfifo", pipe)!) await make.WaitForExitAsync(Cancel);
        // Opened for both, so that opening it for writing waits for nobody.
        await using var reader = new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 0);
        await using var backend = await Backend.Start("one");
        var gateway = await Start(folder, o => o with { AccessLog = AccessLogFormat.Json, AccessLogFile = pipe });
        await gateway.Publish(Routes.To(backend));
        using var client = gateway.Client();
        client.DefaultRequestHeaders.Add("User-Agent", new string('a', 500));
        client.DefaultRequestHeaders.Add("Referer", "http://a.test/" + new string('a', 490));

        await Eventually.Holds(async () =>
        {
            await Parallel.ForAsync(0, 500, new ParallelOptions { CancellationToken = Cancel, MaxDegreeOfParallelism = 16 }, async (_, cancel) =>
                (await client.GetStringAsync("/" + new string('b', 1500), cancel)).ShouldBe("one"));
            return (await gateway.Control.Report(Cancel)).LogLinesDropped > 0;
        });

        // Read on, so that the writer ends. The end of text (4) ends the reading: no line has one.
        var reading = Task.Run(() =>
        {
            while (reader.ReadByte() != 4) { }
        }, Cancel);
        await gateway.DisposeAsync();
        await reader.WriteAsync(new byte[] { 4 }, Cancel);
        await reading;
    }
}
