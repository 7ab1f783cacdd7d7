using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Registry.Events;
using Slipway.Registry.GarbageCollection;
using Slipway.Registry.Verifying;

namespace Slipway.Registry.Tests.Faults;

/// <summary>A disk that fails: the kernel makes its file system read-only under the running registry.</summary>
public sealed class ReadOnlyDiskTests
{
    [Fact]
    public async Task Disk_TurnsReadOnly_PushesAre503_PullsGoOn_AndAfterTheRepairAllIsThere()
    {
        using var disk = FaultyDisk.Ext4(64);
        await using var host = await RegistryHost.Start(folder: Directory.CreateDirectory(disk.Folder).FullName);
        var image = await host.Client.PushImage("a/b", "v1");
        var manifest = Encoding.UTF8.GetBytes(await (await host.Client.GetAsync("/v2/a/b/manifests/v1")).Text());
        var layer = Client.Random(1000);
        var location = await host.Client.StartUpload("a/b");
        await host.Client.Send("PATCH", location, Client.Random(100_000, 3));

        disk.Break();

        await (await host.Client.Send("POST", "/v2/a/b/blobs/uploads/")).ShouldBeRefused(503, "UNAVAILABLE");
        await (await host.Client.Send("POST", $"/v2/a/b/blobs/uploads/?digest={Client.Sha256(Client.Random(99, 9))}", Client.Random(99, 9))).ShouldBeRefused(503, "UNAVAILABLE");
        await (await host.Client.Send("PATCH", location, Client.Random(100_000, 4))).ShouldBeRefused(503, "UNAVAILABLE");
        await (await host.Client.Send("PUT", "/v2/a/b/manifests/v2", manifest, ("Content-Type", Client.OciImage))).ShouldBeRefused(503, "UNAVAILABLE");
        await (await host.Client.Send("DELETE", "/v2/a/b/manifests/v1")).ShouldBeRefused(503, "UNAVAILABLE");
        host.Time.Ahead += TimeSpan.FromDays(2);
        await Should.ThrowAsync<Database.DatabaseUnavailableException>(() =>
            host.Services.GetRequiredService<GarbageCollector>().Collect(new CollectionRequest(), Caller.Server));
        await ShouldBeServed();

        await host.Restart(disk.Repair);

        await ShouldBeServed();
        (await host.Client.GetAsync("/v2/a/b/manifests/v2")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await host.Client.PushImage("a/b", "v3", seed: 8);
        await foreach (var line in host.Services.GetRequiredService<Verifier>().Verify(withdraw: false, 2, Caller.Server, default)) line.Finding.ShouldBeNull();

        async Task ShouldBeServed()
        {
            (await host.Client.GetAsync("/v2/a/b/manifests/v1")).Header("Docker-Content-Digest").ShouldBe(image);
            (await host.Client.GetAsync($"/v2/a/b/manifests/{image}")).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await host.Client.GetAsync("/v2/a/b/tags/list")).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await host.Client.Send("HEAD", $"/v2/a/b/blobs/{Client.Sha256(layer)}")).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await host.Client.GetByteArrayAsync($"/v2/a/b/blobs/{Client.Sha256(layer)}")).ShouldBe(layer);
        }
    }
}
