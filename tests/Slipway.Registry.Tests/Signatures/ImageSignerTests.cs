using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.GarbageCollection;
using Slipway.Registry.Images;
using Slipway.Registry.Rules;
using Slipway.Registry.Signatures;
using Slipway.Registry.Signatures.Trust;

namespace Slipway.Registry.Tests.Signatures;

public sealed class ImageSignerTests : SignatureTest
{
    const string Registry = "127.0.0.1:8080";

    string Tag => Image.Replace(':', '-') + ".sig";

    async Task<JsonNode> Manifest(string reference) => JsonNode.Parse(await Host.Client.GetStringAsync($"/v2/{Repository}/manifests/{reference}", Cancel))!;

    [Fact]
    public async Task Sign_MakesWhatCosignAndOpensslVerify()
    {
        (await Signer.Sign(Repository, Digest.Parse(Image), Registry, Cancel)).ShouldBeTrue();

        var manifest = await Manifest(Tag);
        var layer = manifest["layers"]!.AsArray().ShouldHaveSingleItem()!;
        layer["mediaType"]!.GetValue<string>().ShouldBe("application/vnd.dev.cosign.simplesigning.v1+json");
        var payload = await Host.Client.GetByteArrayAsync($"/v2/{Repository}/blobs/{layer["digest"]}", Cancel);
        var critical = JsonNode.Parse(payload)!["critical"]!;
        critical["identity"]!["docker-reference"]!.GetValue<string>().ShouldBe($"{Registry}/{Repository}");
        critical["image"]!["docker-manifest-digest"]!.GetValue<string>().ShouldBe(Image);
        critical["type"]!.GetValue<string>().ShouldBe("cosign container image signature");
        var own = await Trust.Find(TrustStore.Own, Cancel);
        Ssl.Verify(own.Pem, payload, Convert.FromBase64String(layer["annotations"]!["dev.cosignproject.cosign/signature"]!.GetValue<string>())).ShouldBeTrue();
        var referrers = JsonNode.Parse(await Host.Client.GetStringAsync($"/v2/{Repository}/referrers/{Image}", Cancel))!["manifests"]!.AsArray();
        referrers.ShouldHaveSingleItem()!["artifactType"]!.GetValue<string>().ShouldBe("application/vnd.dev.cosign.artifact.sig.v1+json");
    }

    [Fact]
    public async Task Sign_IsTrustedByEveryProject_AlsoAfterARestart()
    {
        await Signer.Sign(Repository, Digest.Parse(Image), Registry, Cancel);
        await Host.Restart();

        var found = await FindOne();

        found.State.ShouldBe(SignatureState.Trusted, found.Reason);
        found.Signer.ShouldBe("slipway");
    }

    [Fact]
    public async Task Sign_Twice_SignsOnce()
    {
        await Signer.Sign(Repository, Digest.Parse(Image), Registry, Cancel);
        var first = await FindOne();

        (await Signer.Sign(Repository, Digest.Parse(Image), Registry, Cancel)).ShouldBeTrue();

        (await FindOne()).Manifest.ShouldBe(first.Manifest);
    }

    [Fact]
    public async Task Sign_TagOfSomebodyElse_StaysHis()
    {
        var key = Ssl.MakeKey("P-256");
        await TrustKey("release", key);
        var his = await PushCosign(Payload(Image), Ssl.Sign(key, Payload(Image)));

        await Signer.Sign(Repository, Digest.Parse(Image), Registry, Cancel);

        (await Find()).Select(found => (found.State, found.Signer)).ShouldBe([(SignatureState.Trusted, "release"), (SignatureState.Trusted, "slipway")], ignoreOrder: true);
        Host.Catalog.Find(Repository, Tag)!.Digest.Value.ShouldBe(his);
    }

    [Fact]
    public async Task Sign_TagsOverTheQuota_SignsWithoutOne()
    {
        await Host.Services.GetRequiredService<ProjectRules>().SetQuota("shop", new ProjectQuota { Tags = 1 }, Caller.Server, Cancel);

        (await Signer.Sign(Repository, Digest.Parse(Image), Registry, Cancel)).ShouldBeTrue();

        (await FindOne()).State.ShouldBe(SignatureState.Trusted);
        Host.Catalog.Tags(Repository).ShouldBe(["1"]);
    }

    [Fact]
    public async Task Sign_NoSuchImage_SaysSo() => (await Signer.Sign(Repository, Digest.Sha256("nothing"u8), Registry, Cancel)).ShouldBeFalse();

    [Fact]
    public async Task Signature_IsNoTagOfTheList_AndGoesWithItsImage()
    {
        await Signer.Sign(Repository, Digest.Parse(Image), Registry, Cancel);
        var listing = Host.Services.GetRequiredService<ImageListing>();
        (await listing.Tags(Repository, null, "", 10, Cancel)).Entries.ShouldHaveSingleItem().Referrers.ShouldBe(1);
        listing.Repositories(null, null).Entries.ShouldHaveSingleItem().Tags.ShouldBe(1);
        (await Host.Client.DeleteAsync($"/v2/{Repository}/manifests/1", Cancel)).EnsureSuccessStatusCode();
        var collector = Host.Services.GetRequiredService<GarbageCollector>();
        await collector.Collect(new CollectionRequest { UntaggedAfter = TimeSpan.FromDays(30) }, Caller.Server, cancel: Cancel);
        (await FindOne()).State.ShouldBe(SignatureState.Trusted);
        Host.Time.Ahead = TimeSpan.FromDays(31);

        await collector.Collect(new CollectionRequest { UntaggedAfter = TimeSpan.FromDays(30) }, Caller.Server, cancel: Cancel);

        Host.Catalog.Tags(Repository).ShouldBeEmpty();
        Host.Db.Read(connection => Dapper.SqlMapper.ExecuteScalar<long>(connection, "SELECT count(*) FROM registry_manifests")).ShouldBe(0);
    }

    [Fact]
    public async Task Key_IsSealedInTheDatabase()
    {
        await Signer.Sign(Repository, Digest.Parse(Image), Registry, Cancel);

        var secret = Host.Db.Read(connection => Dapper.SqlMapper.ExecuteScalar<byte[]>(connection, "SELECT secret FROM registry_signing_keys"));
        System.Text.Encoding.Latin1.GetString(secret!).ShouldNotContain("PRIVATE");
    }
}
