using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Scanning;

namespace Slipway.Registry.Tests.Scanning;

public sealed class ScannerSettingTests : IAsyncLifetime
{
    ScanningHost _host = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await ScanningHost.Start(options => options with { Answer = TimeSpan.FromSeconds(5) });

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Set_ShowsWhatTheAdapterIs_AndShowAsksItAgain()
    {
        var set = await _host.Set();
        (set.Name, set.Vendor, set.Version, set.RescanSeconds, set.DatabaseUpdated, set.Error, set.Warning).ShouldBe(("Dpkg", "Tests", "1.2.3", 86_400L, "2026-11-28T01:02:03Z", null, null));
        set.Consumes.ShouldBe([Client.OciImage, PackagedImage.Docker]);
        set.Produces.ShouldBe([DpkgAdapter.ReportType]);
        _host.Adapter.Instead = async context =>
        {
            await DpkgAdapter.Error(context, 500, "no database");
            return true;
        };
        (await _host.Scanner.Show(Cancel)).ShouldNotBeNull().Error.ShouldNotBeNull().ShouldContain("no database");
    }

    [Fact]
    public async Task Set_AdapterOfVersion10_IsAskedForTheReportOfThatVersion()
    {
        _host.Adapter.Capabilities = JsonNode.Parse($$"""[{"consumes_mime_types":["{{Client.OciImage}}"],"produces_mime_types":["application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0"]}]""")!;
        await _host.Set(request => request with { Url = request.Url + "/api/v1/" });
        var digest = await _host.Admin.PushPackages("team/app", "1.0", ["openssl=1"]);
        (await _host.Ended("team/app", digest)).Counts.High.ShouldBe(1);
        _host.Adapter.Requests.Single()["enabled_capabilities"].ShouldBeNull();
        // It does not say that it reads Docker's manifests.
        await _host.Admin.PushPackages("team/app", "2.0", ["openssl=1"], mediaType: PackagedImage.Docker);
        (await Should.ThrowAsync<ConflictException>(() => _host.Scans.Request("team/app:2.0", Caller.Server, Cancel))).Message.ShouldContain(PackagedImage.Docker);
    }

    [Theory]
    [InlineData(ScannerAuth.Basic, "Authorization", "Basic YWxpY2U6czNjcmV0LW9mLXRlc3Q=")]
    [InlineData(ScannerAuth.Bearer, "Authorization", "Bearer s3cret-of-test")]
    [InlineData(ScannerAuth.ApiKey, "X-ScannerAdapter-API-Key", "s3cret-of-test")]
    public async Task Credential_IsSentWithEachRequest_AndStoredSealed(ScannerAuth auth, string header, string value)
    {
        var set = await _host.Set(request => request with { Auth = auth, User = auth == ScannerAuth.Basic ? "alice" : null, Secret = "s3cret-of-test" });
        set.Auth.ShouldBe(auth);
        var digest = await _host.Admin.PushPackages("team/app", "1.0", ["openssl=1"]);
        await _host.Ended("team/app", digest);
        _host.Adapter.Heads.Count.ShouldBeGreaterThanOrEqualTo(3);
        _host.Adapter.Heads.ShouldAllBe(head => head.Headers.GetValueOrDefault(header) == value);
        var stored = _host.Registry.Db.Read(connection => connection.ExecuteScalar<byte[]>("SELECT secret FROM registry_scanner"))!;
        Encoding.Latin1.GetString(stored).ShouldNotContain("s3cret");

        // Without a secret the stored one stays; for another address it does not.
        await _host.Set(request => request with { Auth = auth, User = set.User, RescanSeconds = 0 });
        await using var other = await DpkgAdapter.Start();
        (await Should.ThrowAsync<InvalidInputException>(() => _host.Set(request => request with { Url = other.Url, Auth = auth, User = set.User }))).Diagnostics.Single().Key.ShouldBe("secret");
        other.Heads.ShouldBeEmpty();
        (await _host.Scanner.Show(Cancel))!.RescanSeconds.ShouldBe(0);
    }

    [Theory]
    [InlineData("ftp://x.example", null, null, null, null, "url")]
    [InlineData("http://user:hush@x.example", null, null, null, null, "url")]
    [InlineData("x.example", null, null, null, null, "url")]
    [InlineData(null, "http://r.example/path", null, null, null, "registryUrl")]
    [InlineData(null, null, "bob", null, null, "user")]
    [InlineData(null, null, null, "hush", null, "secret")]
    [InlineData(null, null, null, null, 5L, "rescanSeconds")]
    [InlineData(null, null, null, null, -1L, "rescanSeconds")]
    public async Task Set_BadInput_NamesTheKey_AndNothingIsSet(string? url, string? registry, string? user, string? secret, long? rescan, string key)
    {
        var error = await Should.ThrowAsync<InvalidInputException>(() => _host.Set(request => request with { Url = url ?? request.Url, RegistryUrl = registry ?? request.RegistryUrl, User = user, Secret = secret, RescanSeconds = rescan }));
        error.Diagnostics.Single().Key.ShouldBe(key);
        error.Message.ShouldNotContain("hush");
        (await _host.Scanner.Show(Cancel)).ShouldBeNull();
    }

    [Theory]
    [InlineData("hang", "did not answer GET /api/v1/metadata within 5 s")]
    [InlineData("page", "not the JSON")]
    [InlineData("other json", "without 'scanner' and 'capabilities'")]
    [InlineData("404", "404")]
    [InlineData("redirect", "302")]
    [InlineData("sbom alone", "none of its capabilities consumes")]
    [InlineData("other report", "makes no report that is read here")]
    [InlineData("away", "can't be reached")]
    public async Task Set_NoUsableAdapter_SaysWhy_AndNothingIsSet(string kind, string reason)
    {
        if (kind == "sbom alone") _host.Adapter.Capabilities = new JsonArray(_host.Adapter.Capabilities[1]!.DeepClone());
        if (kind == "other report") _host.Adapter.Capabilities[0]!["produces_mime_types"] = new JsonArray("application/vnd.scanner.adapter.vuln.report.raw");
        _host.Adapter.Instead = async context =>
        {
            switch (kind)
            {
                case "hang": await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default); return true;
                case "page": await DpkgAdapter.Answer(context, 200, "text/html", "<html>"); return true;
                case "other json": await DpkgAdapter.Answer(context, 200, "application/json", "{}"); return true;
                case "404": context.Response.StatusCode = 404; return true;
                case "redirect": context.Response.Redirect("http://127.0.0.1:1/"); return true;
                default: return false;
            }
        };
        var error = await Should.ThrowAsync<InvalidInputException>(() => _host.Set(request => request with { Url = kind == "away" ? "http://127.0.0.1:1" : request.Url }));
        error.Message.ShouldContain(reason);
        (await _host.Scanner.Show(Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task Set_AnotherAdapter_TakesOverWhatTheFirstHadTaken()
    {
        await _host.Set();
        _host.Adapter.Gate = new TaskCompletionSource();
        var digest = await _host.Admin.PushPackages("team/app", "1.0", ["openssl=1"]);
        await ScanningHost.Until(() => _host.Adapter.Requests.Count == 1);
        await using var other = await DpkgAdapter.Start();
        other.Known.Clear();
        other.Known.Add(("openssl", "2", "CVE-2026-7", "Low"));
        other.Gate = new TaskCompletionSource();
        await _host.Set(request => request with { Url = other.Url });
        await ScanningHost.Until(() => other.Requests.Count == 1);
        _host.Adapter.Gate.SetResult();
        // The first one's report comes while the scan is the other's.
        var polled = other.Heads.Count;
        await ScanningHost.Until(() => other.Heads.Count > polled + 20);
        _host.Summary("team/app", digest)!.Scanned.ShouldBeNull();
        other.Gate.SetResult();

        (await _host.Ended("team/app", digest)).Counts.ShouldBe(new SeverityCounts { Low = 1 });
        other.Requests.Count.ShouldBe(1);
        _host.Told().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Set_Again_TriesWhatFailed()
    {
        await _host.Set();
        _host.Adapter.Instead = async context =>
        {
            if (context.Request.Method != "POST") return false;
            await DpkgAdapter.Error(context, 422, "no");
            return true;
        };
        var digest = await _host.Admin.PushPackages("team/app", "1.0", ["openssl=1"]);
        (await _host.Ended("team/app", digest)).State.ShouldBe(ScanState.Failed);
        (await _host.Scanner.Show(Cancel))!.Failed.ShouldBe(1);
        _host.Adapter.Instead = null;
        await _host.Set();
        await ScanningHost.Until(() => _host.Summary("team/app", digest)!.State == ScanState.Done);
    }
}
