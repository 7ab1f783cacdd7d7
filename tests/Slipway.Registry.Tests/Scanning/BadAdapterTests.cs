using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Scanning;

namespace Slipway.Registry.Tests.Scanning;

/// <summary>Adapters that answer wrongly, too much, or not at all: the reason is told, and no report is stored or lost.</summary>
public sealed class BadAdapterTests : IAsyncLifetime
{
    static readonly string[] Packages = ["openssl=3.0.9-1"];

    ScanningHost _host = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await ScanningHost.Start(options => options with
    {
        // Long enough for a machine that is busy with other tests.
        MaxReportBytes = 200_000, Answer = TimeSpan.FromSeconds(5), Body = TimeSpan.FromSeconds(3), Timeout = TimeSpan.FromSeconds(5), Tries = 2, MaxFindings = 50,
    });

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    public static TheoryData<string, string> Reports => new()
    {
        { "error", "500 Internal Server Error: running trivy wrapper: no space left" },
        { "page", "of type 'text/html', expected 'application/vnd.security.vulnerability.report; version=1.1'" },
        { "no type", "of type '(none)'" },
        { "truncated", "not the JSON that was expected" },
        { "cut off", " broke off" },
        { "deep", "not the JSON that was expected" },
        { "huge", "more than 200000 bytes" },
        { "endless", "more than 200000 bytes" },
        { "drip", "did not come to its end within 3 s" },
        { "never ready", "no report within" },
        { "redirect", "no report within" },
        { "hang", "did not answer GET" },
        { "other image", "the report is of sha256:" },
        { "empty object", "it is none" },
        { "null", "not the JSON that was expected" },
        { "array", "not the JSON that was expected" },
        { "no id", "vulnerabilities[0] of the report has no 'id'" },
        { "forgotten", "404 Not Found: cannot find scan job" },
        { "wrong kind", "not the JSON that was expected" },
    };

    [Theory]
    [MemberData(nameof(Reports))]
    public async Task Report_Bad_FailsWithItsReason_AndTheOneOfBeforeStays(string kind, string reason)
    {
        await _host.Set();
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Packages);
        var before = await _host.Ended("team/app", digest);
        before.State.ShouldBe(ScanState.Done);
        _host.Adapter.Instead = context => Interfere(context, kind);

        await _host.Scans.Request("team/app:1.0", Caller.Server, Cancel);
        var scan = await _host.Ended("team/app", digest);

        scan.State.ShouldBe(ScanState.Failed);
        scan.Reason.ShouldNotBeNull().ShouldContain(reason);
        scan.Reason.Length.ShouldBeLessThan(1500);
        (scan.Scanned, scan.Counts).ShouldBe((before.Scanned, before.Counts));
        _host.Scans.Findings("team/app", Digest.Parse(digest)).Count.ShouldBe(1);
        _host.Count("SELECT count(*) FROM registry_scans WHERE state = 'failed' AND holder IS NULL AND request IS NULL").ShouldBe(1);
    }

    [Theory]
    [InlineData(400, "no good", 1)]
    [InlineData(401, "who are you", 1)]
    [InlineData(501, "no capability", 1)]
    [InlineData(500, "enqueuing scan job: redis is away", 2)]
    [InlineData(503, "", 2)]
    [InlineData(302, "", 2)]
    public async Task Request_Refused_IsTriedAgainOnlyWhereThatMayHelp(int status, string message, int tries)
    {
        await _host.Set();
        var asked = 0;
        _host.Adapter.Instead = async context =>
        {
            if (context.Request.Method != "POST") return false;
            Interlocked.Increment(ref asked);
            await DpkgAdapter.Error(context, status, message);
            return true;
        };
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Packages);
        var scan = await _host.Ended("team/app", digest);
        (scan.State, scan.Scanned).ShouldBe((ScanState.Failed, null));
        scan.Reason.ShouldNotBeNull().ShouldContain($"{status}");
        scan.Reason.ShouldContain(message);
        asked.ShouldBe(tries);
    }

    [Fact]
    public async Task Request_FailsOnce_AndIsDoneByTheSecondTry()
    {
        await _host.Set();
        var asked = 0;
        _host.Adapter.Instead = async context =>
        {
            if (context.Request.Method != "POST" || Interlocked.Increment(ref asked) > 1) return false;
            await DpkgAdapter.Error(context, 500, "not yet");
            return true;
        };
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Packages);
        var scan = await _host.Ended("team/app", digest);
        (scan.State, scan.Reason, scan.Counts.High).ShouldBe((ScanState.Done, null, 1));
    }

    [Fact]
    public async Task Poll_AdapterIsAwayForAMoment_IsWaitedFor()
    {
        await _host.Set();
        var away = 3;
        _host.Adapter.Instead = async context =>
        {
            if (!context.Request.Path.Value!.EndsWith("/report", StringComparison.Ordinal) || Interlocked.Decrement(ref away) < 0) return false;
            await DpkgAdapter.Error(context, 503, "starting");
            return true;
        };
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Packages);
        (await _host.Ended("team/app", digest)).State.ShouldBe(ScanState.Done);
        _host.Adapter.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Poll_WithoutRefreshAfter_GoesOn()
    {
        _host.Adapter.Refresh = false;
        _host.Adapter.Gate = new TaskCompletionSource();
        await _host.Set();
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Packages);
        await ScanningHost.Until(() => _host.Adapter.Heads.Count(head => head.Path.EndsWith("/report", StringComparison.Ordinal)) > 3);
        _host.Adapter.Gate.SetResult();
        (await _host.Ended("team/app", digest)).State.ShouldBe(ScanState.Done);
    }

    [Fact]
    public async Task Error_ThatRepeatsTheCredentials_IsStoredWithoutThem()
    {
        await _host.Set(request => request with { Auth = ScannerAuth.Bearer, Secret = "the-adapters-token" });
        string? pulled = null;
        _host.Adapter.Instead = async context =>
        {
            if (context.Request.Method != "POST") return false;
            var request = (await JsonNode.ParseAsync(context.Request.Body))!;
            pulled = (string?)request["registry"]!["authorization"];
            await DpkgAdapter.Error(context, 422, $"parsing authorization: got {pulled} and {context.Request.Headers.Authorization}");
            return true;
        };
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Packages);
        var scan = await _host.Ended("team/app", digest);
        scan.Reason.ShouldNotBeNull().ShouldContain("parsing authorization: got ***");
        scan.Reason.ShouldNotContain("the-adapters-token");
        scan.Reason.ShouldNotContain(pulled!["Bearer ".Length..]);
    }

    [Fact]
    public async Task Report_Strange_IsReadAsFarAsItGoes()
    {
        await _host.Set();
        _host.Adapter.Instead = async context =>
        {
            if (!context.Request.Path.Value!.EndsWith("/report", StringComparison.Ordinal)) return false;
            await DpkgAdapter.Answer(context, 200, "application/vnd.security.vulnerability.report;version=\"1.1\"",
                """
                {"scanner":{"name":"X\u001b[31m"},"severity":7,"vulnerabilities":[
                {"id":"CVE-1","package":"a","version":"1","severity":"Low","links":["javascript:alert(1)","https://x.example/1"],"unheard":[[1]]},
                {"id":"CVE-1","package":"a","version":"1","severity":"High","links":null},
                {"id":"CVE-2","severity":"WORLD-BURNING","fix_version":"  ","description":"a\u0000b","links":[null]}]}
                """);
            return true;
        };
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Packages);
        (await _host.Ended("team/app", digest)).Counts.ShouldBe(new SeverityCounts { High = 1, Unknown = 1 });
        var findings = _host.Scans.Findings("team/app", Digest.Parse(digest));
        findings.Select(finding => (finding.Id, finding.Package, finding.FixedVersion, finding.Link, finding.Description)).ShouldBe([("CVE-1", "a", null, null, null), ("CVE-2", "", null, null, "a b")]);
    }

    [Fact]
    public async Task Report_OfMoreThanIsKept_KeepsTheWorst_AndCountsAll()
    {
        _host.Adapter.Known.AddRange(Enumerable.Range(0, 60).Select(i => ("openssl", "4", $"CVE-2026-{i}", i < 10 ? "Critical" : "Low")));
        await _host.Set();
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Packages);
        (await _host.Ended("team/app", digest)).Counts.ShouldBe(new SeverityCounts { Critical = 10, High = 1, Low = 50 });
        var findings = _host.Scans.Findings("team/app", Digest.Parse(digest));
        findings.Count.ShouldBe(50);
        findings.Take(11).ShouldAllBe(finding => finding.Severity >= Slipway.Registry.Scanning.Severity.High);
    }

    static async Task<bool> Interfere(HttpContext context, string kind)
    {
        if (!context.Request.Path.Value!.EndsWith("/report", StringComparison.Ordinal)) return false;
        const string Type = DpkgAdapter.ReportType;
        var response = context.Response;
        switch (kind)
        {
            case "error": await DpkgAdapter.Error(context, 500, "running trivy wrapper: no space left"); break;
            case "page": await DpkgAdapter.Answer(context, 200, "text/html", "<html>It works!</html>"); break;
            case "no type": await response.Body.WriteAsync("{}"u8.ToArray()); break;
            case "truncated": await DpkgAdapter.Answer(context, 200, Type, """{"scanner":{"name":"x"},"vulnerabilities":[{"id":"CVE-1","""); break;
            case "cut off":
                response.ContentType = Type;
                response.ContentLength = 1000;
                await response.WriteAsync("""{"scanner":""");
                await response.Body.FlushAsync();
                context.Abort();
                break;
            case "deep": await DpkgAdapter.Answer(context, 200, Type, $$"""{"scanner":{"name":"x"},"vulnerabilities":[{"id":"CVE-1","vendor_attributes":{{new string('[', 50_000)}}"""); break;
            case "huge": await DpkgAdapter.Answer(context, 200, Type, new string(' ', 300_000) + "{}"); break;
            case "endless":
                response.ContentType = Type;
                await response.WriteAsync("""{"scanner":{"name":"x"},"vulnerabilities":[{"id":"CVE-1"}""");
                var more = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(""",{"id":"CVE-1"}""", 1000)));
                while (!context.RequestAborted.IsCancellationRequested) await response.Body.WriteAsync(more, context.RequestAborted).AsTask().ContinueWith(_ => { }, TaskScheduler.Default);
                break;
            case "drip":
                response.ContentType = Type;
                await response.WriteAsync("{");
                await response.Body.FlushAsync();
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                break;
            case "never ready":
                response.StatusCode = 302;
                response.Headers["Refresh-After"] = "0";
                break;
            case "redirect":
                response.StatusCode = 302;
                response.Headers.Location = "http://169.254.169.254/latest/meta-data";
                response.Headers["Refresh-After"] = "soon";
                break;
            case "hang": await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default); break;
            case "other image": await DpkgAdapter.Answer(context, 200, Type, $$"""{"artifact":{"digest":"sha256:{{new string('0', 64)}}"},"scanner":{"name":"x"} }"""); break;
            case "empty object": await DpkgAdapter.Answer(context, 200, Type, "{}"); break;
            case "null": await DpkgAdapter.Answer(context, 200, Type, "null"); break;
            case "array": await DpkgAdapter.Answer(context, 200, Type, "[]"); break;
            case "no id": await DpkgAdapter.Answer(context, 200, Type, """{"vulnerabilities":[{"package":"x"}]}"""); break;
            case "forgotten": await DpkgAdapter.Error(context, 404, "cannot find scan job"); break;
            case "wrong kind": await DpkgAdapter.Answer(context, 200, Type, """{"vulnerabilities":{"id":"CVE-1"}}"""); break;
        }
        return true;
    }
}
