using Slipway.Model;
using Slipway.Registry.Manifests;
using Slipway.Registry.Names;

namespace Slipway.Registry.Tests.Manifests;

public sealed class ManifestCacheTests
{
    readonly RepositoryName _repository;

    public ManifestCacheTests() => RepositoryName.TryParse("a/b", out _repository).ShouldBeTrue();

    [Fact]
    public void Keep_MoreThanItsBytes_LetsTheLeastRecentlyUsedGo()
    {
        var cache = new ManifestCache(10_000);
        for (var i = 0; i < 4; i++) cache.Keep(_repository, $"tag{i}", Manifest(1900), cache.Version);
        cache.Find(_repository, "tag0").ShouldNotBeNull();
        cache.Keep(_repository, "tag4", Manifest(1900), cache.Version);

        cache.Find(_repository, "tag1").ShouldBeNull();
        cache.Find(_repository, "tag0").ShouldNotBeNull();
        cache.Bytes.ShouldBeLessThanOrEqualTo(10_000);
    }

    [Fact]
    public void Keep_LargeManifest_IsNotKept()
    {
        var cache = new ManifestCache(10_000);
        cache.Keep(_repository, "large", Manifest(5000), cache.Version);
        cache.Find(_repository, "large").ShouldBeNull();
        cache.Bytes.ShouldBe(0);
    }

    [Fact]
    public void Keep_ReadBeforeAWrite_IsNotKept()
    {
        var cache = new ManifestCache(10_000);
        var version = cache.Version;
        cache.Forget(_repository, ["tag"]);
        cache.Keep(_repository, "tag", Manifest(10), version);
        cache.Find(_repository, "tag").ShouldBeNull();
    }

    [Fact]
    public void Forget_RemovesAndGivesTheBytesBack()
    {
        var cache = new ManifestCache(10_000);
        cache.Keep(_repository, "tag", Manifest(10), cache.Version);
        cache.Forget(_repository, ["tag", "other"]);
        cache.Find(_repository, "tag").ShouldBeNull();
        cache.Bytes.ShouldBe(0);
    }

    static StoredManifest Manifest(int size) => new(Digest.Sha256([]), "application/json", new byte[size]);
}
