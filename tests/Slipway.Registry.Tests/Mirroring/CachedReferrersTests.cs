using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Mirroring.Caching;
using Slipway.Registry.Policies;
using Slipway.Registry.Signatures.Trust;
using Slipway.Registry.Tests.Signatures;

namespace Slipway.Registry.Tests.Mirroring;

/// <summary>What is attached to images of a cache. The upstream is the registry with the signed image shop/web:1; here it is hub/shop/web:1.</summary>
public sealed class CachedReferrersTests : SignatureTest
{
    const string Cached = "hub/" + Repository;

    FaultyUpstream _upstream = null!;
    RegistryHost _cache = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _upstream = await FaultyUpstream.Before(Host.Client);
        _cache = await RegistryHost.Start();
        await _cache.Services.GetRequiredService<Caches>().Set(new CacheSettings { Project = "hub", Upstream = _upstream.Url, TagLifetime = TimeSpan.FromMinutes(5) }, Caller.Server, Cancel);
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _cache.DisposeAsync();
        await _upstream.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Referrers_OfACachedImage_ComeFromItsUpstreamOnceInALifetime()
    {
        var first = await PushReferrer("application/vnd.example.sbom", [1], "application/json");
        await Pull();

        (await Referrers()).Digests.ShouldBe([first]);
        (await Referrers()).Digests.ShouldBe([first]);
        _upstream.Count("GET", "/referrers/").ShouldBe(1);
        (await _cache.Client.GetByteArrayAsync($"/v2/{Cached}/blobs/{Client.Sha256([1])}", Cancel)).ShouldBe([1]);

        var second = await PushReferrer("application/vnd.example.sbom", [2], "application/json");
        _cache.Time.Ahead += TimeSpan.FromMinutes(6);

        (await Referrers()).Digests.ShouldBe([first, second], ignoreOrder: true);
    }

    [Fact]
    public async Task Referrers_UpstreamAway_AreWhatIsHereWithAWarning()
    {
        var first = await PushReferrer("application/vnd.example.sbom", [1], "application/json");
        await Pull();
        await Referrers();
        _cache.Time.Ahead += TimeSpan.FromMinutes(6);
        _upstream.Fault = context =>
        {
            context.Response.StatusCode = 503;
            return Task.FromResult(true);
        };

        var (digests, warning) = await Referrers();

        digests.ShouldBe([first]);
        warning.ShouldNotBeNull().ShouldContain("from the cache, perhaps not all");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Gate_ImageOfACacheThatIsSignedUpstream_Passes(bool atTheTag)
    {
        var key = Ssl.MakeKey("P-256");
        var payload = Payload(Image);
        if (atTheTag) await PushCosign(payload, Ssl.Sign(key, payload));
        else await PushCosignReferrer(payload, Ssl.Sign(key, payload));
        await _cache.Services.GetRequiredService<TrustStore>().Add(new TrustRequest { Name = "release", Key = key.Public }, Caller.Server, Cancel);
        await _cache.Services.GetRequiredService<DeployPolicies>().Set("app", new DeployPolicy { RequireSignature = true, Keys = ["release"] }, Caller.Server, Cancel);
        // As a deploy has it: pulled through the cache, and then copied to the app's own repository.
        await Pull();
        var image = new ReleaseImage { Name = Cached, Repository = "app/web", Digest = Digest.Parse(Client.Sha256([7])), OtherDigests = [Digest.Parse(Image)] };

        (await Check(image)).ShouldBeEmpty();

        // What is here by now is enough.
        _upstream.Fault = context =>
        {
            context.Response.StatusCode = 503;
            return Task.FromResult(true);
        };
        (await Check(image)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Gate_ImageOfACacheThatIsNotSigned_IsRefused()
    {
        await _cache.Services.GetRequiredService<DeployPolicies>().Set("app", new DeployPolicy { RequireSignature = true }, Caller.Server, Cancel);
        await Pull();
        (await Check(new ReleaseImage { Name = Cached, Repository = Cached, Digest = Digest.Parse(Image) })).ShouldHaveSingleItem().Found.ShouldStartWith("is unsigned");
    }

    Task<IReadOnlyList<PolicyFinding>> Check(ReleaseImage image) => _cache.Services.GetRequiredService<PolicyGate>().Check("app", image, _ => { }, Cancel);

    async Task Pull() => (await _cache.Client.GetAsync($"/v2/{Cached}/manifests/1", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);

    async Task<(List<string> Digests, string? Warning)> Referrers()
    {
        using var answer = await _cache.Client.GetAsync($"/v2/{Cached}/referrers/{Image}", Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var index = await answer.Content.ReadFromJsonAsync<JsonObject>(Cancel);
        return ([.. index!["manifests"]!.AsArray().Select(one => (string)one!["digest"]!)], answer.Header("Warning"));
    }
}
