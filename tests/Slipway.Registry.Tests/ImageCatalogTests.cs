using System.Net;
using Slipway.Model;

namespace Slipway.Registry.Tests;

public sealed class ImageCatalogTests : IAsyncLifetime
{
    RegistryHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await RegistryHost.Start();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Find_Pushed_SaysDigestMediaTypeAndSize()
    {
        var digest = await _host.Client.PushImage("guestbook/web", "v1");

        var image = _host.Catalog.Find("guestbook/web", "v1").ShouldNotBeNull();

        image.Digest.Value.ShouldBe(digest);
        image.MediaType.ShouldBe(Client.OciImage);
        image.Size.ShouldBeGreaterThan(0);
        _host.Catalog.Find("guestbook/web", digest).ShouldBe(image);
        _host.Catalog.Find("guestbook/web", "v2").ShouldBeNull();
        _host.Catalog.Find("../web", "v1").ShouldBeNull();
        _host.Catalog.Find("guestbook/web", "..").ShouldBeNull();
    }

    [Fact]
    public async Task Tag_ThenUntag_MovesOnlyTheTag()
    {
        var digest = Digest.Parse(await _host.Client.PushImage("a/b", "v1"));

        (await _host.Catalog.Tag("a/b", "live", digest)).ShouldBeTrue();
        _host.Catalog.Tags("a/b").ShouldBe(["live", "v1"]);
        _host.Catalog.Find("a/b", "live")!.Digest.ShouldBe(digest);
        (await _host.Catalog.Untag("a/b", "live")).ShouldBeTrue();
        (await _host.Catalog.Untag("a/b", "live")).ShouldBeFalse();
        _host.Catalog.Find("a/b", "live").ShouldBeNull();
        _host.Catalog.Find("a/b", digest.Value).ShouldNotBeNull();
        (await _host.Catalog.Tag("a/b", "live", Digest.Sha256([1]))).ShouldBeFalse();
        (await _host.Catalog.Tag("no/where", "live", digest)).ShouldBeFalse();
    }

    [Fact]
    public async Task Tag_Malformed_IsRefusedByName() =>
        (await Should.ThrowAsync<InvalidInputException>(() => _host.Catalog.Tag("a/b", "../x", Digest.Sha256([])))).Message.ShouldContain("'../x' is no tag");

    [Fact]
    public async Task DeleteRepository_TakesAllOfIt_AndLeavesTheOthers()
    {
        var digest = await _host.Client.PushImage("a/b", "v1");
        await _host.Client.PushImage("c/d", "v1");
        _host.Catalog.Find("a/b", "v1").ShouldNotBeNull();

        (await _host.Catalog.DeleteRepository("a/b")).ShouldBeTrue();

        _host.Catalog.Repositories().ShouldBe(["c/d"]);
        _host.Catalog.Find("a/b", "v1").ShouldBeNull();
        _host.Catalog.Find("a/b", digest).ShouldBeNull();
        (await _host.Client.GetAsync("/v2/c/d/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _host.Catalog.DeleteRepository("a/b")).ShouldBeFalse();
    }

    [Fact]
    public async Task Usage_CountsEachBlobOnce()
    {
        await _host.Client.PushImage("a/b", "v1");
        await _host.Client.PushImage("c/d", "v1");
        _host.Catalog.Usage().ShouldBe(new RegistryUsage(Repositories: 2, Tags: 2, Manifests: 2, Blobs: 2, Bytes: 1000 + """{"seed":1}""".Length));
    }
}
