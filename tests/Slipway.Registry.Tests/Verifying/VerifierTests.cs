using System.Net;
using System.Text;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Registry.Events;
using Slipway.Registry.Verifying;

namespace Slipway.Registry.Tests.Verifying;

public sealed class VerifierTests : IAsyncLifetime
{
    static readonly byte[] Layer = Client.Random(1000);
    static readonly string LayerDigest = Client.Sha256(Layer);

    RegistryHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await RegistryHost.Start();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Whole_IsClean_AndEverythingWasRead()
    {
        await _host.Client.PushImage("a/b", "v1");
        var (findings, report) = await Verify();
        findings.ShouldBeEmpty();
        report.Clean.ShouldBeTrue();
        (report.Blobs, report.Manifests).ShouldBe((2, 1));
        report.Bytes.ShouldBe(1010);
    }

    [Fact]
    public async Task BlobWithAFlippedBit_IsNamed_WithWhoRefersToIt()
    {
        var manifest = await _host.Client.PushImage("a/b", "v1");
        await _host.Client.PutManifest("a/b", "v2", await _host.Client.ImageManifest("a/b"));
        await _host.Client.PushImage("c/d", "latest");
        await Index("c/d", "all", manifest);
        Damage(content => content[500] ^= 1);

        var (findings, report) = await Verify();

        (report.Clean, report.Damaged).ShouldBe((false, 1));
        var finding = findings.ShouldHaveSingleItem();
        (finding.Kind, finding.Target, finding.Digest, finding.Withdrawn).ShouldBe(("damaged", "blob", LayerDigest, false));
        finding.Uses.Select(use => $"{use.Repository} {string.Join(",", use.Tags)}").ShouldBe(["a/b v1,v2", "c/d all,latest"]);
        finding.Uses.ShouldAllBe(use => use.Manifest == manifest);
        // Nothing was changed.
        (await _host.Client.GetAsync($"/v2/a/b/blobs/{LayerDigest}")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Withdraw_DamagedBlob_IsNotServed_AndTheNextPushBringsItBack()
    {
        await _host.Client.PushImage("a/b", "v1");
        Damage(content => content[0] ^= 0x80);

        (await Verify(withdraw: true)).Report.Withdrawn.ShouldBe(1);

        await (await _host.Client.GetAsync($"/v2/a/b/blobs/{LayerDigest}")).ShouldBeRefused(404, "BLOB_UNKNOWN");
        await (await _host.Client.PutManifest("a/b", "v2", Client.Image(LayerDigest, []))).ShouldBeRefused(400, "MANIFEST_BLOB_UNKNOWN");
        (await _host.Client.Send("POST", $"/v2/x/y/blobs/uploads/?mount={LayerDigest}&from=a/b")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await _host.Client.PushBlob("a/b", Layer);
        (await _host.Client.GetByteArrayAsync($"/v2/a/b/blobs/{LayerDigest}")).ShouldBe(Layer);
        (await Verify()).Report.Clean.ShouldBeTrue();
    }

    [Fact]
    public async Task Withdraw_ThenBytesRestored_IsServedAgain()
    {
        await _host.Client.PushImage("a/b", "v1");
        Damage(content => content[0] ^= 1);
        await Verify(withdraw: true);
        Damage(content => content[0] ^= 1);
        var (findings, report) = await Verify(withdraw: true);
        findings.ShouldBeEmpty();
        report.Restored.ShouldBe(1);
        (await _host.Client.GetByteArrayAsync($"/v2/a/b/blobs/{LayerDigest}")).ShouldBe(Layer);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(999)]
    [InlineData(1001)]
    public async Task BlobOfAnotherLength_IsDamaged_AnsweredAsMissing_AndReplacedByTheNextPush(int length)
    {
        await _host.Client.PushImage("a/b", "v1");
        var content = new byte[length];
        File.WriteAllBytes(LayerFile, content);
        (await Verify()).Report.Damaged.ShouldBe(1);
        (await _host.Client.Send("HEAD", $"/v2/a/b/blobs/{LayerDigest}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await _host.Client.PushBlob("other/repository", Layer);
        (await _host.Client.GetByteArrayAsync($"/v2/a/b/blobs/{LayerDigest}")).ShouldBe(Layer);
        (await Verify()).Report.Clean.ShouldBeTrue();
    }

    [Fact]
    public async Task MissingFile_IsNamed_AndThePushOfItBringsItBack()
    {
        await _host.Client.PushImage("a/b", "v1");
        File.Delete(LayerFile);
        var (findings, report) = await Verify();
        report.Missing.ShouldBe(1);
        findings[0].Detail.ShouldContain("blobs/sha256");
        await _host.Client.PushBlob("a/b", Layer);
        (await Verify()).Report.Clean.ShouldBeTrue();
    }

    [Fact]
    public async Task Manifest_WithOtherBytes_IsDamaged_AndOneWhoseBlobWasDeletedIsIncomplete()
    {
        await _host.Client.PushImage("a/b", "v1");
        await _host.Client.PushImage("c/d", "v1", seed: 2);
        await Database.Write(connection => connection.Execute(
            "UPDATE registry_manifests SET content = @content WHERE repository_id = (SELECT id FROM registry_repositories WHERE name = 'a/b')", new { content = Encoding.UTF8.GetBytes("{}") }));
        await _host.Client.Send("DELETE", $"/v2/c/d/blobs/{Client.Sha256(Client.Random(1000, 2))}");

        var (findings, report) = await Verify();

        (report.Damaged, report.Incomplete).ShouldBe((1, 1));
        findings.Select(finding => $"{finding.Kind} {finding.Target} {finding.Uses.Single().Repository}:{finding.Uses.Single().Tags.Single()}")
            .ShouldBe(["damaged manifest a/b:v1", "incomplete manifest c/d:v1"]);
    }

    [Fact]
    public async Task ManyBlobs_ProgressIsTold()
    {
        // Some at a time: what a database does with more requests than it has connections is not asked here.
        await Parallel.ForEachAsync(Enumerable.Range(0, 520), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) => await _host.Client.PushBlob("a/b", Client.Random(10, i)));
        var progress = 0;
        await foreach (var line in Verifier.Verify(false, 4, Caller.Server, default))
            if (line.Progress is { } told)
            {
                progress++;
                told.AllBlobs.ShouldBe(520);
            }
        progress.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Scrub_WithdrawsWhatIsDamaged_AndGoesOnWhereItWas()
    {
        await _host.Client.PushImage("a/b", "v1");
        await _host.Client.PushImage("a/b", "v2", seed: 2);
        Damage(content => content[7] ^= 1);
        var scrub = _host.Services.GetRequiredService<Scrub>();

        await scrub.Pass(default);

        await (await _host.Client.GetAsync($"/v2/a/b/blobs/{LayerDigest}")).ShouldBeRefused(404, "BLOB_UNKNOWN");
        (await _host.Client.GetAsync($"/v2/a/b/blobs/{Client.Sha256(Client.Random(1000, 2))}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        Damage(content => content[7] ^= 1);
        await scrub.Pass(default);
        (await _host.Client.GetAsync($"/v2/a/b/blobs/{LayerDigest}")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    Database.Database Database => _host.Services.GetRequiredService<Database.Database>();

    Verifier Verifier => _host.Services.GetRequiredService<Verifier>();

    string LayerFile => Path.Combine(_host.BlobFolder, "blobs", "sha256", LayerDigest[7..9], LayerDigest[7..]);

    void Damage(Action<byte[]> change)
    {
        var content = File.ReadAllBytes(LayerFile);
        change(content);
        File.WriteAllBytes(LayerFile, content);
    }

    async Task Index(string repository, string tag, string manifest)
    {
        var index = $$"""{"schemaVersion":2,"mediaType":"{{Client.OciIndex}}","manifests":[{"mediaType":"{{Client.OciImage}}","digest":"{{manifest}}","size":{{_host.Catalog.Find(repository, manifest)!.Size}}}]}""";
        (await _host.Client.PutManifest(repository, tag, index, Client.OciIndex)).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    async Task<(List<VerifyFinding> Findings, VerifyReport Report)> Verify(bool withdraw = false)
    {
        var findings = new List<VerifyFinding>();
        VerifyReport? report = null;
        await foreach (var line in Verifier.Verify(withdraw, 2, Caller.Server, default))
        {
            if (line.Finding is { } finding) findings.Add(finding);
            report = line.Report ?? report;
        }
        return (findings, report.ShouldNotBeNull());
    }
}
