using System.Net;
using Slipway.Registry.Storage.Swift;

namespace Slipway.Registry.Tests.Storage.Swift;

/// <summary>The registry over the container: what a client sees.</summary>
[Collection(SwiftCollection.Name)]
public sealed class SwiftRegistryTests(SwiftServer swift)
{
    readonly string _prefix = $"tests/{Guid.NewGuid():N}";

    SwiftOptions Storage => swift.Options with { Prefix = _prefix };

    [Fact]
    public async Task Image_PushedAndPulledAfterARestart_IsTheSame()
    {
        await using var host = await RegistryHost.Start(options => options with { Storage = Storage });
        var layer = Client.Random(20 << 20);
        var digest = await host.Client.PushBlob("web", layer);
        var manifest = await host.Client.PushImage("web", "1");

        await host.Restart();

        (await host.Client.Send("GET", "/v2/web/manifests/1")).Header("Docker-Content-Digest").ShouldBe(manifest);
        (await host.Client.GetByteArrayAsync($"/v2/web/blobs/{digest}")).SequenceEqual(layer).ShouldBeTrue();
        using var part = await host.Client.Send("GET", $"/v2/web/blobs/{digest}", null, ("Range", $"bytes={9 << 20}-{(9 << 20) + 999}"));
        part.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await part.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(layer.AsSpan(9 << 20, 1000)).ShouldBeTrue();
    }

    [Fact]
    public async Task Pull_WithRedirect_IsSentToTheContainerWhereItIsLarge()
    {
        await using var host = await RegistryHost.Start(options => options with { Storage = Storage with { Redirect = true } });
        var large = Client.Random(300_000);
        var digest = await host.Client.PushBlob("web", large);
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = host.Client.BaseAddress };

        using var answer = await client.Send("GET", $"/v2/web/blobs/{digest}");

        answer.StatusCode.ShouldBe(HttpStatusCode.TemporaryRedirect);
        (await client.GetByteArrayAsync(answer.Headers.Location)).SequenceEqual(large).ShouldBeTrue();
    }

    [Fact]
    public async Task Start_ContainerIsMissing_EndsWithTheReason() =>
        (await Should.ThrowAsync<IOException>(() => RegistryHost.Start(options => options with { Storage = Storage with { Container = "missing" } })))
            .Message.ShouldContain("missing");
}
