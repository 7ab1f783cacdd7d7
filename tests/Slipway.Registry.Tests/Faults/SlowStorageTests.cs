using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Registry.Events;
using Slipway.Registry.GarbageCollection;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Tests.Faults;

/// <summary>Storage that takes for ever to flush what one client has sent.</summary>
public sealed class SlowStorageTests
{
    [Fact]
    public async Task Flush_TakesLong_NothingIsAcknowledgedBefore_AndNobodyElseWaits()
    {
        SlowStore slow = null!;
        await using var host = await RegistryHost.Start(services: services => services.AddSingleton<IBlobStore>(provider =>
            slow = new SlowStore(new FileBlobStore(provider.GetRequiredService<RegistryOptions>().Folder)) { SlowLength = 5000 }));
        var (content, digest) = (Client.Random(5000, 1), Client.Sha256(Client.Random(5000, 1)));
        var push = host.Client.PushBlob("a/b", content);
        await slow.Reached;

        // The same digest, others, pulls and a collection go on.
        (await host.Client.Send("HEAD", $"/v2/a/b/blobs/{digest}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var image = await host.Client.PushImage("c/d", "v1", seed: 3);
        (await host.Client.GetAsync("/v2/c/d/manifests/v1")).Header("Docker-Content-Digest").ShouldBe(image);
        host.Time.Ahead += TimeSpan.FromHours(25);
        (await host.Services.GetRequiredService<GarbageCollector>().Collect(new CollectionRequest(), Caller.Server)).ShouldNotBeNull().Strays.ShouldBe(0);
        push.IsCompleted.ShouldBeFalse();

        slow.GoOn();
        await push;
        (await host.Client.GetByteArrayAsync($"/v2/a/b/blobs/{digest}")).ShouldBe(content);
    }
}
