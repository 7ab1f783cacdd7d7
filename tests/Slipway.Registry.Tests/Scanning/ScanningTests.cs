using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Severity = Slipway.Registry.Scanning.Severity;
using Slipway.Contracts;
using Slipway.Model;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;
using Slipway.Registry.Images;
using Slipway.Registry.Mirroring.Caching;
using Slipway.Registry.Notifications;
using Slipway.Registry.Scanning;
using Slipway.Registry.Tests.Notifications;

namespace Slipway.Registry.Tests.Scanning;

public sealed class ScanningTests : IAsyncLifetime
{
    static readonly string[] Old = ["openssl=3.0.9-1", "zlib1g=1:1.2.13.dfsg-1", "bash=5.2.15-2"], Mended = ["openssl=3.0.11-1~deb12u2", "zlib1g=1:1.3.1-1"];

    ScanningHost _host = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await ScanningHost.Start();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData(Client.OciImage)]
    [InlineData(PackagedImage.Docker)]
    public async Task Push_IsScanned_AndFindingsAreOfWhatIsInTheImage(string mediaType)
    {
        await _host.Set();
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Old, mediaType: mediaType);

        var scan = await _host.Ended("team/app", digest);

        scan.State.ShouldBe(ScanState.Done);
        scan.Counts.ShouldBe(new SeverityCounts { Critical = 1, High = 1 });
        (scan.Worst, scan.Fixable, scan.Scanner, scan.Reason).ShouldBe((Severity.Critical, 2, "Dpkg 1.2.3", null));
        scan.Scanned.ShouldNotBeNull();
        _host.Scans.Findings("team/app", Digest.Parse(digest)).ShouldBe(
        [
            new Finding
            {
                Id = "CVE-2023-45853", Severity = Severity.Critical, Package = "zlib1g", Version = "1:1.2.13.dfsg-1", FixedVersion = "1:1.3", Score = 7.5,
                Link = "https://security-tracker.debian.org/tracker/CVE-2023-45853", Description = "Something in zlib1g. More.",
            },
            new Finding
            {
                Id = "CVE-2023-5363", Severity = Severity.High, Package = "openssl", Version = "3.0.9-1", FixedVersion = "3.0.11-1~deb12u2", Score = 7.5,
                Link = "https://security-tracker.debian.org/tracker/CVE-2023-5363", Description = "Something in openssl. More.",
            },
        ]);
        var request = _host.Adapter.Requests.Single();
        ((string?)request["artifact"]!["mime_type"]).ShouldBe(mediaType);
        ((string?)request["registry"]!["url"]).ShouldBe(_host.Registry.Client.BaseAddress!.ToString().TrimEnd('/'));
    }

    [Fact]
    public async Task Push_NothingVulnerable_IsScannedAndFoundClean()
    {
        await _host.Set();
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Mended);
        var scan = await _host.Ended("team/app", digest);
        (scan.State, scan.Worst, scan.Counts.Total).ShouldBe((ScanState.Done, Severity.None, 0));
        scan.Scanned.ShouldNotBeNull();
        scan.Counts.ToString().ShouldBe("none");
    }

    [Fact]
    public async Task Index_IsItsImages_AndAsBadAsTheWorst_AttestationsLeftOut()
    {
        var amd = await _host.Admin.PushPackages("team/app", "", Mended);
        var arm = await _host.Admin.PushPackages("team/app", "", Old, "arm64");
        var attestation = await Attestation("team/app");
        var index = await _host.Admin.PushIndex("team/app", "1.0", (amd, "linux", "amd64"), (arm, "linux", "arm64"), (attestation, "unknown", "unknown"));
        _host.Summary("team/app", index).ShouldNotBeNull().State.ShouldBe(ScanState.None);

        await _host.Set();
        await _host.Scans.Request("team/app:1.0", new Caller("alice"), Cancel);
        var scan = await _host.Ended("team/app", index);

        scan.State.ShouldBe(ScanState.Done);
        scan.Worst.ShouldBe(Severity.Critical);
        scan.Platforms.Select(one => (one.Platform, one.Digest.Value, one.Scan.Worst)).ShouldBe([("linux/amd64", amd, Severity.None), ("linux/arm64", arm, Severity.Critical)]);
        _host.Scans.Report("team/app:1.0", Severity.None, 0, 100).Findings.ShouldAllBe(finding => finding.Platforms.Single() == "linux/arm64");
        _host.Adapter.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Index_OfWhichOneImageHasNoReport_CountsAsNotScanned()
    {
        await _host.Set();
        var amd = await _host.Admin.PushPackages("team/app", "", Mended);
        await _host.Ended("team/app", amd);
        _host.Adapter.Instead = context => context.Request.Method == "POST" ? DpkgAdapter.Error(context, 422, "no such architecture").ContinueWith(_ => true, TaskScheduler.Default) : Task.FromResult(false);
        var arm = await _host.Admin.PushPackages("team/app", "", Old, "arm64");
        var index = await _host.Admin.PushIndex("team/app", "1.0", (amd, "linux", "amd64"), (arm, "linux", "arm64"));

        var scan = await _host.Ended("team/app", index);

        (scan.State, scan.Scanned).ShouldBe((ScanState.Failed, null));
        scan.Reason.ShouldNotBeNull().ShouldContain("no such architecture");
    }

    [Fact]
    public async Task Push_OfSignatureChartOrAttestation_IsNotScanned()
    {
        await _host.Set();
        var config = await _host.Admin.PushBlob("team/app", "{}"u8.ToArray());
        var blob = await _host.Admin.PushBlob("team/app", Client.Random(100));
        var others = new[] { await Attestation("team/app") }.ToList();
        foreach (var (configType, layerType, more) in ((string, string, string)[])
        [
            ("application/vnd.oci.image.config.v1+json", "application/vnd.dev.cosign.simplesigning.v1+json", ""),
            ("application/vnd.cncf.helm.config.v1+json", "application/vnd.cncf.helm.chart.content.v1.tar+gzip", ""),
            ("application/vnd.oci.empty.v1+json", "application/spdx+json", ",\"artifactType\":\"application/spdx+json\""),
        ])
        {
            var manifest = Client.Image(config, [blob], more).Replace("application/vnd.oci.image.config.v1+json", configType, StringComparison.Ordinal).Replace("application/vnd.oci.image.layer.v1.tar", layerType, StringComparison.Ordinal);
            (await _host.Admin.PutManifest("team/app", $"t{others.Count}", manifest)).StatusCode.ShouldBe(HttpStatusCode.Created);
            others.Add(Client.Sha256(Encoding.UTF8.GetBytes(manifest)));
        }
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Old);
        await _host.Ended("team/app", digest);
        await _host.Scanner.RescanAll(Caller.Server, Cancel);
        await ScanningHost.Until(() => _host.Adapter.Requests.Count == 2 && _host.Summary("team/app", digest)!.State == ScanState.Done);

        _host.Adapter.Requests.Select(request => (string?)request["artifact"]!["digest"]).ShouldAllBe(scanned => scanned == digest);
        others.ShouldAllBe(other => _host.Summary("team/app", other) == null);
        Should.Throw<ConflictException>(() => _host.Scans.Status("team/app:t2")).Message.ShouldContain("helm");
        await Should.ThrowAsync<ConflictException>(() => _host.Scans.Request("team/app:t1", Caller.Server, Cancel));
    }

    [Fact]
    public async Task Token_PullsThatRepositoryAlone_AndIsWorthNothingAfterTheScan()
    {
        await _host.Set();
        _host.Adapter.Gate = new TaskCompletionSource();
        var other = await _host.Admin.PushImage("secret/app", "1.0");
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Old);
        await ScanningHost.Until(() => _host.Adapter.Requests.Any(request => (string?)request["artifact"]!["repository"] == "team/app"));
        var token = (string?)_host.Adapter.Requests.Single(request => (string?)request["artifact"]!["repository"] == "team/app")["registry"]!["authorization"];
        token.ShouldNotBeNull().ShouldStartWith("Bearer ");

        using (var scanner = _host.With(token))
        {
            (await scanner.GetAsync($"/v2/team/app/manifests/{digest}", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await scanner.GetAsync($"/v2/secret/app/manifests/{other}", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            (await scanner.Send("POST", "/v2/team/app/blobs/uploads/")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            (await scanner.Send("DELETE", $"/v2/team/app/manifests/{digest}")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            (await scanner.GetAsync("/v2/_catalog", Cancel)).StatusCode.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.Unauthorized);
            (await (await scanner.GetAsync("/v2/_catalog", Cancel)).Text()).ShouldNotContain("secret/app");
        }
        _host.Adapter.Gate.SetResult();
        await _host.Ended("team/app", digest);
        // What was verified is believed for a moment.
        _host.Registry.Time.Ahead += TimeSpan.FromMinutes(2);
        using var late = _host.With(token);
        (await late.GetAsync($"/v2/team/app/manifests/{digest}", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Scan_IsNoUseOfTheImage_ButInTheAuditLog()
    {
        await _host.Set();
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Old);
        await _host.Ended("team/app", digest);
        await _host.Registry.Services.GetRequiredService<LastPulls>().Write();
        _host.Count("SELECT count(*) FROM registry_last_pulls").ShouldBe(0);
        await ScanningHost.Until(() => _host.Registry.Services.GetRequiredService<EventLog>().After(0, 1000).Any(happened => happened is { Action: "pull", Actor: Identity.ScannerName } && happened.Digest == digest));
    }

    [Fact]
    public async Task Age_TaggedImagesAreScannedAgain_AndTheNewReportReplacesTheOld()
    {
        await _host.Set(request => request with { RescanSeconds = 3600 });
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Old);
        var untagged = await _host.Admin.PushPackages("team/app", "", Mended);
        await _host.Ended("team/app", digest);
        await _host.Ended("team/app", untagged);
        var first = _host.Summary("team/app", digest)!.Scanned;

        _host.Adapter.Known.Add(("bash", "5.3", "CVE-2026-1", "Low"));
        _host.Adapter.Known.RemoveAll(known => known.Package == "zlib1g");
        _host.Registry.Time.Ahead += TimeSpan.FromHours(2);
        await ScanningHost.Until(() => _host.Summary("team/app", digest) is { State: ScanState.Done } now && now.Scanned > first);

        _host.Summary("team/app", digest)!.Counts.ShouldBe(new SeverityCounts { High = 1, Low = 1 });
        _host.Scans.Findings("team/app", Digest.Parse(digest)).Select(finding => finding.Id).ShouldBe(["CVE-2023-5363", "CVE-2026-1"]);
        _host.Count("SELECT count(*) FROM registry_scan_reports").ShouldBe(2);
        _host.Adapter.Requests.Count(request => (string?)request["artifact"]!["digest"] == untagged).ShouldBe(1);
        // Only what a re-scan has changed is told.
        _host.Told().Count(happened => happened.Digest == digest).ShouldBe(2);
        _host.Registry.Time.Ahead += TimeSpan.FromHours(2);
        var requests = _host.Adapter.Requests.Count;
        await ScanningHost.Until(() => _host.Adapter.Requests.Count > requests && _host.Summary("team/app", digest)!.State == ScanState.Done);
        _host.Told().Count(happened => happened.Digest == digest).ShouldBe(2);
    }

    [Fact]
    public async Task Set_FindsImagesThatWereThereBefore_AlsoThoseOfIndexes()
    {
        var plain = await _host.Admin.PushPackages("team/app", "1.0", Old);
        var arm = await _host.Admin.PushPackages("team/app", "", Old, "arm64");
        var index = await _host.Admin.PushIndex("team/app", "multi", (arm, "linux", "arm64"));
        await _host.Set(request => request with { RescanSeconds = 0 });
        (await _host.Ended("team/app", plain)).Worst.ShouldBe(Severity.Critical);
        (await _host.Ended("team/app", index)).Worst.ShouldBe(Severity.Critical);
    }

    [Fact]
    public async Task Restart_WhileTheAdapterWorks_ItsReportIsTaken_AndNothingIsAskedTwice()
    {
        await _host.Set();
        _host.Adapter.Gate = new TaskCompletionSource();
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Old);
        await ScanningHost.Until(() => _host.Count("SELECT count(*) FROM registry_scans WHERE request IS NOT NULL") == 1 && _host.Adapter.Finished == 1);

        await _host.Registry.Restart();
        _host.Adapter.Gate.SetResult();

        (await _host.Ended("team/app", digest)).Worst.ShouldBe(Severity.Critical);
        _host.Adapter.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Restart_AfterWhichTheAdapterKnowsNothing_ItIsAskedAgain()
    {
        await _host.Set();
        _host.Adapter.Gate = new TaskCompletionSource();
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Old);
        await ScanningHost.Until(() => _host.Count("SELECT count(*) FROM registry_scans WHERE request IS NOT NULL") == 1 && _host.Adapter.Finished == 1);

        await _host.Registry.Restart(_host.Adapter.Forget);
        _host.Adapter.Gate.SetResult();
        await _host.Set();

        (await _host.Ended("team/app", digest)).Worst.ShouldBe(Severity.Critical);
        _host.Adapter.Requests.Count.ShouldBeGreaterThanOrEqualTo(2);
    }

    [Fact]
    public async Task Delete_TakesTheReportAlong_AndAReportThatComesLaterIsNotStored()
    {
        await _host.Set();
        var gone = await _host.Admin.PushPackages("team/app", "1.0", Old);
        await _host.Ended("team/app", gone);
        (await _host.Admin.Send("DELETE", $"/v2/team/app/manifests/{gone}")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        _host.Count("SELECT (SELECT count(*) FROM registry_scans) + (SELECT count(*) FROM registry_scan_reports)").ShouldBe(0);
        _host.Summary("team/app", gone).ShouldBeNull();

        _host.Adapter.Gate = new TaskCompletionSource();
        var running = await _host.Admin.PushPackages("team/app", "2.0", Mended);
        await ScanningHost.Until(() => _host.Adapter.Requests.Count == 2);
        (await _host.Admin.Send("DELETE", $"/v2/team/app/manifests/{running}")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        _host.Adapter.Gate.SetResult();
        var next = await _host.Admin.PushPackages("team/app", "3.0", ["bash=1"]);
        await _host.Ended("team/app", next);
        _host.Count("SELECT count(*) FROM registry_scan_reports").ShouldBe(1);
    }

    [Fact]
    public async Task Promotion_IntoAnotherRepository_BringsItsReportAlong()
    {
        await _host.Set();
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Old);
        await _host.Ended("team/app", digest);
        await _host.Registry.Services.GetRequiredService<ImageChanges>().Tag("team/app:1.0", "prod/app:live", Caller.Server, Cancel);

        _host.Summary("prod/app", digest).ShouldNotBeNull().Worst.ShouldBe(Severity.Critical);
        _host.Scans.Findings("prod/app", Digest.Parse(digest)).Count.ShouldBe(2);
        await _host.Admin.PushPackages("team/app", "2.0", ["bash=1"]);
        await ScanningHost.Until(() => _host.Adapter.Requests.Count == 2);
        _host.Adapter.Requests.Count(request => (string?)request["artifact"]!["repository"] == "prod/app").ShouldBe(0);
    }

    [Fact]
    public async Task FailureInAnotherRepository_IsNotToldHere()
    {
        await _host.Set();
        _host.Adapter.Instead = async context =>
        {
            if (context.Request.Method != "POST") return false;
            await DpkgAdapter.Error(context, 422, "secret/app is broken");
            return true;
        };
        var digest = await _host.Admin.PushPackages("secret/app", "1.0", Old);
        (await _host.Ended("secret/app", digest)).Reason.ShouldNotBeNull().ShouldContain("secret/app is broken");
        await _host.Registry.Services.GetRequiredService<ImageChanges>().Tag("secret/app:1.0", "open/app:1.0", Caller.Server, Cancel);
        _host.Summary("open/app", digest).ShouldNotBeNull().Reason.ShouldBeNull();
    }

    [Fact]
    public async Task Parallel_IsTheBound_AndWhatIsAskedForComesFirst()
    {
        _host.Adapter.Gate = new TaskCompletionSource();
        await _host.Set();
        var digests = new List<string>();
        for (var i = 0; i < 6; i++) digests.Add(await _host.Admin.PushPackages("team/app", $"v{i}", [$"openssl=3.0.{i}"]));
        await ScanningHost.Until(() => _host.Count("SELECT count(*) FROM registry_scans WHERE state = 'running'") == 2 && _host.Count("SELECT count(*) FROM registry_scans") == 6);
        await _host.Scans.Request("team/app:v5", new Caller("alice"), Cancel);
        _host.Adapter.Gate.SetResult();
        foreach (var digest in digests) await _host.Ended("team/app", digest);

        _host.Adapter.MostAtOnce.ShouldBeLessThanOrEqualTo(2);
        _host.Adapter.Requests.Select(request => (string?)request["artifact"]!["digest"]).Distinct().Count().ShouldBe(6);
        _host.Adapter.Requests.Select(request => (string?)request["artifact"]!["digest"]).Take(4).ShouldContain(digests[5]);
        _host.Told().Single(happened => happened.Digest == digests[5]).Actor.ShouldBe("alice");
    }

    [Fact]
    public async Task Claim_OfAServerThatDied_IsTakenOver_AndTheDeadOneStoresNothing()
    {
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Old);
        _host.Adapter.Gate = new TaskCompletionSource();
        await _host.Set();
        await ScanningHost.Until(() => _host.Count("SELECT count(*) FROM registry_scans WHERE request IS NOT NULL") == 1);
        await _host.Registry.Db.Write(connection => Dapper.SqlMapper.Execute(connection, "UPDATE registry_scans SET holder = 'another', claimed_until = '2000'"));
        _host.Adapter.Gate.SetResult();

        (await _host.Ended("team/app", digest)).State.ShouldBe(ScanState.Done);
        _host.Told().Count.ShouldBe(1);
        _host.Adapter.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Remove_ForgetsWhatWaits_ReportsStay()
    {
        await _host.Set();
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Old);
        await _host.Ended("team/app", digest);
        _host.Adapter.Gate = new TaskCompletionSource();
        await _host.Admin.PushPackages("team/app", "2.0", Mended);
        await ScanningHost.Until(() => _host.Adapter.Requests.Count == 2);

        (await _host.Scanner.Remove(Caller.Server, Cancel)).ShouldBeTrue();

        _host.Count("SELECT count(*) FROM registry_scans WHERE state IN ('queued', 'running')").ShouldBe(0);
        _host.Summary("team/app", digest)!.Worst.ShouldBe(Severity.Critical);
        (await _host.Scanner.Show(Cancel)).ShouldBeNull();
        (await _host.Scanner.Remove(Caller.Server, Cancel)).ShouldBeFalse();
        (await Should.ThrowAsync<ConflictException>(() => _host.Scans.Request("team/app:1.0", Caller.Server, Cancel))).Message.ShouldContain("scanner set");
    }

    [Fact]
    public async Task Report_IsPaged_AndBoundedBySeverity()
    {
        _host.Adapter.Known.AddRange(Enumerable.Range(0, 30).Select(i => ("bash", "6", $"CVE-2026-{i:000}", i % 2 == 0 ? "Medium" : "Negligible")));
        await _host.Set();
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Old);
        await _host.Ended("team/app", digest);

        var first = _host.Scans.Report("team/app:1.0", Severity.Medium, 0, 10);
        (first.Total, first.Findings.Count, first.Next).ShouldBe((17, 10, 10));
        var second = _host.Scans.Report("team/app:1.0", Severity.Medium, first.Next!.Value, 10);
        (second.Findings.Count, second.Next).ShouldBe((7, null));
        first.Findings.Concat(second.Findings).Select(finding => finding.Id).Distinct().Count().ShouldBe(17);
        _host.Scans.Report("team/app:1.0", Severity.None, 0, 100).Total.ShouldBe(32);
        first.Findings[0].Severity.ShouldBe(Severity.Critical);
    }

    [Fact]
    public async Task Cache_FetchesAnImage_WhichIsScanned_ItsLayersComeForThat()
    {
        await using var origin = await RegistryHost.Start();
        var digest = await origin.Client.PushPackages("debian", "12", Old);
        await _host.Registry.Services.GetRequiredService<Caches>().Set(new CacheSettings { Project = "hub", Upstream = origin.Client.BaseAddress!.ToString() }, Caller.Server, Cancel);
        await _host.Set();
        (await _host.Admin.GetAsync("/v2/hub/debian/manifests/12", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _host.Ended("hub/debian", digest)).Counts.ShouldBe(new SeverityCounts { Critical = 1, High = 1 });
    }

    [Fact]
    public async Task Webhook_ThatWantsIt_IsToldOfTheReport()
    {
        await using var receiver = await Receiver.Start();
        await _host.Registry.Services.GetRequiredService<Webhooks>().Add(new WebhookRequest { Name = "security", Url = receiver.Url, Project = "team", Actions = ["scan"] }, Caller.Server, Cancel);
        await _host.Set();
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Old);
        await ScanningHost.Until(() => !receiver.Deliveries.IsEmpty);
        receiver.Deliveries.Single().Events().ShouldBe([("scan", null, digest, "team/app")]);
        _host.Told().Single().Detail.ShouldBe("1 critical, 1 high, 2 of them fixable (Dpkg 1.2.3)");
    }

    [Fact]
    public async Task ListAndInspect_ShowWhatWasFound()
    {
        await _host.Set();
        var digest = await _host.Admin.PushPackages("team/app", "1.0", Old);
        var index = await _host.Admin.PushIndex("team/app", "multi", (digest, "linux", "amd64"));
        await _host.Ended("team/app", digest);
        var tags = await _host.Registry.Services.GetRequiredService<ImageListing>().Tags("team/app", null, "", 10, Cancel);
        tags.Entries.Select(tag => (tag.Tag, tag.Scan?.Worst)).ShouldBe([("1.0", Severity.Critical), ("multi", Severity.Critical)]);
        var details = await _host.Registry.Services.GetRequiredService<ImageInspection>().Inspect("team/app:multi", null, Cancel);
        details.Scan.ShouldNotBeNull().Platforms.Single().Digest.Value.ShouldBe(digest);
        details.Digest.Value.ShouldBe(index);
    }

    async Task<string> Attestation(string repository)
    {
        var config = await _host.Admin.PushBlob(repository, """{"architecture":"unknown","os":"unknown"}"""u8.ToArray());
        var statement = await _host.Admin.PushBlob(repository, "{\"_type\":\"https://in-toto.io/Statement/v0.1\"}"u8.ToArray());
        var manifest = Client.Image(config, [statement]).Replace("application/vnd.oci.image.layer.v1.tar", "application/vnd.in-toto+json", StringComparison.Ordinal);
        var digest = Client.Announce(Encoding.UTF8.GetBytes(manifest));
        (await _host.Admin.PutManifest(repository, digest, manifest)).StatusCode.ShouldBe(HttpStatusCode.Created);
        return digest;
    }
}
