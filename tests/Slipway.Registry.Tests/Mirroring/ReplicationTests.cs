using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Registry.Events;
using Slipway.Registry.Mirroring.Replicating;

namespace Slipway.Registry.Tests.Mirroring;

public sealed class ReplicationTests : IAsyncLifetime
{
    RegistryHost _here = null!;
    RegistryHost _there = null!;
    FaultyUpstream _remote = null!;

    public async ValueTask InitializeAsync()
    {
        _here = await RegistryHost.Start();
        _there = await RegistryHost.Start();
        _remote = await FaultyUpstream.Before(_there.Client);
    }

    public async ValueTask DisposeAsync()
    {
        await _here.DisposeAsync();
        await _remote.DisposeAsync();
        await _there.DisposeAsync();
    }

    ReplicationSettings Push => new() { Name = "backup", Direction = ReplicationDirection.Push, Repository = "team/*", Remote = _remote.Url };

    [Fact]
    public async Task Push_ImagesIndexesAndSignatures_AreThereAndSkippedTheNextTime()
    {
        var image = await _here.Client.PushImage("team/app", "v1");
        await _here.Client.PushImage("team/app", "test", seed: 2);
        await _here.Client.PushImage("other/app", "v1", seed: 3);
        var (index, signature) = (await Index(_here, "team/app", "v2", image), await Signature(_here, "team/app", image));
        await Set(Push with { Tag = "v*", Destination = "copy" });

        var report = await Run();

        (report.Run.State, report.Run.Copied, report.Run.Failed).ShouldBe(("done", 2, 0));
        _there.Catalog.Repositories().ShouldBe(["copy/team/app"]);
        _there.Catalog.Tags("copy/team/app").ShouldBe(["v1", "v2"]);
        _there.Catalog.Find("copy/team/app", "v2")!.Digest.Value.ShouldBe(index);
        (await _there.Client.GetStringAsync($"/v2/copy/team/app/referrers/{image}")).ShouldContain(signature);

        var again = await Run();
        (again.Run.Copied, again.Run.Skipped, again.Run.Bytes).ShouldBe((0, 2, 0));
    }

    [Fact]
    public async Task Push_LayerThatIsThereInAnotherRepository_IsMounted()
    {
        await _here.Client.PushImage("team/a", "v1");
        await _here.Client.PushImage("team/b", "v1");
        await Set(Push);
        await Run();
        _there.Catalog.Tags("team/b").ShouldBe(["v1"]);
        (_remote.Count("POST", "mount=") + _remote.Count("HEAD", "/team/b/blobs/")).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Pull_ByPattern_CopiesToHere()
    {
        var image = await _there.Client.PushImage("team/app", "v1");
        var signature = await Signature(_there, "team/app", image);
        await Set(Push with { Direction = ReplicationDirection.Pull, Destination = "mirror" });

        var report = await Run();

        report.Run.Copied.ShouldBe(1);
        _here.Catalog.Find("mirror/team/app", "v1")!.Digest.Value.ShouldBe(image);
        (await _here.Client.GetByteArrayAsync($"/v2/mirror/team/app/blobs/{Client.Sha256(Client.Random(1000))}")).ShouldBe(Client.Random(1000));
        (await _here.Client.GetStringAsync($"/v2/mirror/team/app/referrers/{image}")).ShouldContain(signature);
        (await Run()).Run.Skipped.ShouldBe(1);
    }

    [Fact]
    public async Task Run_KilledInABigBlob_GoesOnInsideIt()
    {
        const int Size = 40 << 20;
        var layer = Client.Random(Size, 11);
        var manifest = Client.Image(await _here.Client.PushBlob("team/app", "{}"u8.ToArray()), [await _here.Client.PushBlob("team/app", layer)])
            .Replace("\"size\":1000", $"\"size\":{Size}", StringComparison.Ordinal).Replace("\"size\":10}", "\"size\":2}", StringComparison.Ordinal);
        (await _here.Client.PutManifest("team/app", "v1", manifest)).StatusCode.ShouldBe(HttpStatusCode.Created);
        var reached = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        var chunks = 0;
        _remote.Fault = async context =>
        {
            if (context.Request.Method != "PATCH" || ++chunks < 2) return false;
            reached.TrySetResult();
            await never.Task.WaitAsync(context.RequestAborted);
            return true;
        };
        await Set(Push);
        await Rules.Start("backup");
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30));

        await _here.Restart();
        _remote.Fault = _ => Task.FromResult(false);
        var (before, starts) = (_remote.Count("PATCH", ""), _remote.Count("POST", "/blobs/uploads/"));
        // The claim of the process that is gone ends by itself.
        _here.Time.Ahead += TimeSpan.FromMinutes(5);
        var report = await Ended();

        report.Run.Copied.ShouldBe(1);
        _remote.Count("POST", "/blobs/uploads/").ShouldBe(starts + (report.Items[0].Blobs > 1 ? 1 : 0));
        (_remote.Count("PATCH", "") - before).ShouldBe(1);
        (await _there.Client.GetByteArrayAsync($"/v2/team/app/blobs/{Client.Sha256(layer)}")).AsSpan().SequenceEqual(layer).ShouldBeTrue();
        never.SetResult();
    }

    [Fact]
    public async Task Run_OneImageCanNotBeCopied_OthersAreAndTheReportSaysWhy()
    {
        await _here.Client.PushImage("team/good", "v1");
        await _here.Client.PushImage("team/bad", "v1", seed: 2);
        _remote.Fault = context =>
        {
            if (!context.Request.Path.Value!.Contains("team/bad", StringComparison.Ordinal)) return Task.FromResult(false);
            context.Response.StatusCode = 403;
            return Task.FromResult(true);
        };
        await Set(Push);

        var report = await Run();

        (report.Run.State, report.Run.Copied, report.Run.Failed).ShouldBe(("failed", 1, 1));
        var failed = report.Items[0];
        (failed.Repository, failed.State).ShouldBe(("team/bad", "failed"));
        failed.Error!.ShouldContain("403");
    }

    [Fact]
    public async Task Run_UpstreamShortlyUnavailable_IsTriedAgain()
    {
        await _here.Client.PushImage("team/app", "v1");
        var asked = 0;
        _remote.Fault = context =>
        {
            if (asked++ % 3 != 0) return Task.FromResult(false);
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = "0";
            return Task.FromResult(true);
        };
        await Set(Push);
        (await Run()).Run.State.ShouldBe("done");
        _there.Catalog.Tags("team/app").ShouldBe(["v1"]);
    }

    [Fact]
    public async Task OnPush_WhatMatches_IsCopiedSoonAfter()
    {
        await Set(Push with { OnPush = true, Deletions = true });
        await _here.Client.PushImage("other/app", "v1");
        await _here.Client.PushImage("team/app", "v1", seed: 2);
        await Until(() => _there.Catalog.Find("team/app", "v1") is not null);
        _there.Catalog.Repositories().ShouldBe(["team/app"]);

        await Until(() => Rules.Runs("backup").All(run => run.State == "done"));
        await _here.Client.DeleteAsync("/v2/team/app/manifests/v1");
        await Until(() => _there.Catalog.Find("team/app", "v1") is null);
    }

    [Fact]
    public async Task Deletions_OnlyWhatTheRuleCopied_IsRemoved()
    {
        await _here.Client.PushImage("team/app", "v1");
        await _here.Client.PushImage("team/app", "v2", seed: 2);
        await Set(Push with { Deletions = true });
        await Run();
        await _there.Client.PushImage("team/app", "own", seed: 3);
        await _there.Client.PushImage("team/app", "v2", seed: 4);
        await _here.Client.DeleteAsync("/v2/team/app/manifests/v1");
        await _here.Client.DeleteAsync("/v2/team/app/manifests/v2");

        var report = await Run();

        (report.Run.Removed, report.Run.Skipped).ShouldBe((1, 1));
        _there.Catalog.Tags("team/app").ShouldBe(["own", "v2"]);
    }

    [Fact]
    public async Task Schedule_Due_RunsByItself()
    {
        await _here.Client.PushImage("team/app", "v1");
        await Set(Push with { Schedule = "every 1h" });
        _here.Time.Ahead += TimeSpan.FromHours(2);
        Rules.Signal();
        await Until(() => _there.Catalog.Find("team/app", "v1") is not null);
        Rules.Runs("backup")[0].Cause.ShouldBe("schedule");
    }

    [Theory]
    [InlineData("every 30m", "2026-01-31T12:00:00Z", "2026-01-31T12:30:00Z")]
    [InlineData("15 2 * * *", "2026-01-31T12:00:00Z", "2026-02-01T02:15:00Z")]
    [InlineData("*/20 * * * *", "2026-01-31T12:40:01Z", "2026-01-31T13:00:00Z")]
    [InlineData("0 9-17/4 * * 1-5", "2026-01-30T17:30:00Z", "2026-02-02T09:00:00Z")]
    [InlineData("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 0 13 * 5", "2026-01-31T00:00:00Z", "2026-02-06T00:00:00Z")]
    [InlineData("0 0 * * 7", "2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z")]
    public void Next_OfASchedule_IsTheFirstAfter(string text, string after, string expected) =>
        Schedule.TryParse(text)!.Next(DateTimeOffset.Parse(after, System.Globalization.CultureInfo.InvariantCulture)).ShouldBe(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("")]
    [InlineData("every")]
    [InlineData("every 5s")]
    [InlineData("every 0m")]
    [InlineData("60 * * * *")]
    [InlineData("* * * *")]
    [InlineData("0 0 30 2 *")]
    [InlineData("*/0 * * * *")]
    public void Schedule_Malformed_IsNone(string text) => Schedule.TryParse(text).ShouldBeNull();

    [Fact]
    public async Task Set_EverythingWrong_IsAllNamed() =>
        (await Should.ThrowAsync<Model.InvalidInputException>(() => Set(new ReplicationSettings
        {
            Name = "A b", Direction = ReplicationDirection.Pull, Repository = "Team", Tag = "{", Remote = "://", Destination = "A", Schedule = "never", OnPush = true, Bandwidth = 1, Password = "x",
        }))).Diagnostics.Select(one => one.Key).ShouldBe(["name", "tag", "remote", "user", "destination", "schedule", "onPush", "bandwidth"]);

    Replications Rules => _here.Services.GetRequiredService<Replications>();

    Task Set(ReplicationSettings rule) => Rules.Set(rule, Caller.Server);

    async Task<ReplicationReport> Run()
    {
        await Rules.Start("backup");
        return await Ended();
    }

    async Task<ReplicationReport> Ended()
    {
        await Until(() => Rules.Report("backup", null).Run.State != "running");
        return Rules.Report("backup", null);
    }

    static async Task Until(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition()) await Task.Delay(20, limit.Token);
    }

    static async Task<string> Index(RegistryHost host, string repository, string tag, string child)
    {
        var size = (await host.Client.GetByteArrayAsync($"/v2/{repository}/manifests/{child}")).Length;
        var index = $$"""{"schemaVersion":2,"mediaType":"{{Client.OciIndex}}","manifests":[{"mediaType":"{{Client.OciImage}}","digest":"{{child}}","size":{{size}} }]}""";
        (await host.Client.PutManifest(repository, tag, index, Client.OciIndex)).StatusCode.ShouldBe(HttpStatusCode.Created);
        return Client.Sha256(Encoding.UTF8.GetBytes(index));
    }

    static async Task<string> Signature(RegistryHost host, string repository, string subject)
    {
        var manifest = await host.Client.ImageManifest(repository, 9, $$""","subject":{"mediaType":"{{Client.OciImage}}","digest":"{{subject}}","size":1 }""");
        var digest = Client.Sha256(Encoding.UTF8.GetBytes(manifest));
        (await host.Client.PutManifest(repository, digest, manifest)).StatusCode.ShouldBe(HttpStatusCode.Created);
        return digest;
    }
}
