using Microsoft.Extensions.DependencyInjection;
using Slipway.Model;
using Slipway.Registry;
using Slipway.Releases;
using Slipway.Server.Builds;
using Slipway.Server.Tests.Apps;

namespace Slipway.Server.Tests.Builds;

public sealed class ImageTagsTests : IAsyncLifetime
{
    static readonly AppName Shop = AppName.Parse("shop");

    TestServer _server = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    ImageTags Tags => _server.Host.App.Services.GetRequiredService<ImageTags>();

    ImageCatalog Catalog => _server.Host.App.Services.GetRequiredService<ImageCatalog>();

    public async ValueTask InitializeAsync() => _server = await TestServer.Start();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Name_ThenForgetPushes_LeavesTheReleasesNameAlone()
    {
        var digest = await _server.PushImage("shop/web", "rollout-7");
        await _server.PushImage("shop/web", "rollout-mine");

        await Tags.Name(Release(digest));
        await Tags.ForgetPushes(Shop, Cancel);

        Catalog.Tags("shop/web").ShouldBe(["rollout-mine", "v2"]);
        Catalog.Find("shop/web", "v2")!.Digest.ShouldBe(digest);
    }

    [Fact]
    public async Task ForgetPushes_RolloutFailed_KeepsTheImageUnderItsDigest()
    {
        var digest = await _server.PushImage("shop/web", "rollout-1");
        var rollouts = _server.Host.App.Services.GetRequiredService<Rollouts>();
        var rollout = await rollouts.Deploy(Shop, new DeploySource { Directory = "/nowhere" }, false, Cancel);
        rollout.Id.ShouldBe(1);

        await Eventually.Is(() => Catalog.Tags("shop/web").Count == 0);

        Catalog.Find("shop/web", digest.Value).ShouldNotBeNull();
    }

    static Release Release(Digest digest) => new()
    {
        App = Shop,
        Number = 2,
        Created = DateTimeOffset.UnixEpoch,
        Model = new AppModel { Name = Shop, Services = [] },
        Images = new Dictionary<string, string> { ["web"] = $"shop/web@{digest}" },
        Slot = Slot.Blue,
    };
}
