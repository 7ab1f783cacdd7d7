using System.Text;
using System.Text.Json.Nodes;
using Slipway.Registry.Signatures;

namespace Slipway.Registry.Tests.Signatures;

public sealed class CosignTests : SignatureTest
{
    [Theory]
    [InlineData("P-256", "sha256", false)]
    [InlineData("P-384", "sha256", false)]
    [InlineData("P-384", "sha384", false)]
    [InlineData("P-521", "sha512", false)]
    [InlineData("RSA-2048", "sha256", false)]
    [InlineData("RSA-3072", "sha256", true)]
    public async Task Signature_ByATrustedKey_IsTrusted(string kind, string hash, bool pss)
    {
        var key = Ssl.MakeKey(kind);
        await TrustKey("release", key);
        var payload = Payload(Image);
        var manifest = await PushCosign(payload, Ssl.Sign(key, payload, hash, pss));

        var found = await FindOne();

        found.State.ShouldBe(SignatureState.Trusted, found.Reason);
        found.Signer.ShouldBe("release");
        found.Format.ShouldBe("cosign");
        found.Manifest.Value.ShouldBe(manifest);
        found.Signed.Value.ShouldBe(Image);
        found.Identity.ShouldBe("registry.example.com/shop/web");
    }

    [Fact]
    public async Task Signature_AsAReferrer_IsFound()
    {
        var key = Ssl.MakeKey("P-256");
        await TrustKey("release", key);
        var payload = Payload(Image);
        await PushCosignReferrer(payload, Ssl.Sign(key, payload));

        (await FindOne()).State.ShouldBe(SignatureState.Trusted);
    }

    [Fact]
    public async Task Signature_OfAnIndex_HoldsForItsEntries()
    {
        var size = (await Host.Client.GetByteArrayAsync($"/v2/{Repository}/manifests/{Image}", Cancel)).Length;
        var index = $$"""{"schemaVersion":2,"mediaType":"{{Client.OciIndex}}","manifests":[{"mediaType":"{{Client.OciImage}}","digest":"{{Image}}","size":{{size}}}]}""";
        (await Host.Client.PutManifest(Repository, "all", index, Client.OciIndex)).EnsureSuccessStatusCode();
        var digest = Client.Sha256(Encoding.UTF8.GetBytes(index));
        var key = Ssl.MakeKey("P-256");
        await TrustKey("release", key);
        var payload = Payload(digest);
        await PushCosign(payload, Ssl.Sign(key, payload), digest);

        var found = await FindOne();

        found.State.ShouldBe(SignatureState.Trusted);
        found.Signed.Value.ShouldBe(digest);
    }

    [Fact]
    public async Task Signature_ByAnotherKey_IsNotTrusted()
    {
        await TrustKey("release", Ssl.MakeKey("P-256"));
        var payload = Payload(Image);
        await PushCosign(payload, Ssl.Sign(Ssl.MakeKey("P-256"), payload));

        var found = await FindOne();

        found.State.ShouldBe(SignatureState.NotTrusted);
        found.Reason.ShouldNotBeNull().ShouldContain("no trusted key");
        found.Signer.ShouldBeNull();
    }

    [Fact]
    public async Task Signature_ByAKeyOfAnotherProject_IsNotTrusted()
    {
        var key = Ssl.MakeKey("P-256");
        await TrustKey("release", key, "other");
        var payload = Payload(Image);
        await PushCosign(payload, Ssl.Sign(key, payload));

        (await FindOne()).State.ShouldBe(SignatureState.NotTrusted);
        (await Find(project: "other")).ShouldHaveSingleItem().State.ShouldBe(SignatureState.Trusted);
    }

    [Fact]
    public async Task Signature_OfAnotherImage_IsInvalid()
    {
        var key = Ssl.MakeKey("P-256");
        await TrustKey("release", key);
        var other = await Host.Client.PushImage(Repository, "2", seed: 2);
        var payload = Payload(other);
        // A good signature, put where those of this image stand.
        await PushCosign(payload, Ssl.Sign(key, payload));
        await PushCosignReferrer(payload, Ssl.Sign(key, payload));

        var found = await Find();

        found.Count.ShouldBe(2);
        found.ShouldAllBe(one => one.State == SignatureState.Invalid && one.Reason == $"it signs another image: {other}");
    }

    [Fact]
    public async Task Payload_Altered_IsNotTrusted()
    {
        var key = Ssl.MakeKey("P-256");
        await TrustKey("release", key);
        await PushCosign(Payload(Image, reference: "registry.example.com/shop/evil"), Ssl.Sign(key, Payload(Image)));

        (await FindOne()).State.ShouldBe(SignatureState.NotTrusted);
    }

    [Fact]
    public async Task SignatureBytes_Altered_AreNotTrusted()
    {
        var key = Ssl.MakeKey("P-256");
        await TrustKey("release", key);
        var payload = Payload(Image);
        var signature = Ssl.Sign(key, payload);
        for (var i = 0; i < signature.Length; i++)
        {
            var altered = signature.ToArray();
            altered[i] ^= 1;
            await PushCosign(payload, altered);
            (await FindOne()).State.ShouldNotBe(SignatureState.Trusted, $"byte {i}");
        }
    }

    [Fact]
    public async Task Type_OfAnotherDocument_IsInvalid()
    {
        var key = Ssl.MakeKey("P-256");
        await TrustKey("release", key);
        var payload = Payload(Image, type: "something else");
        await PushCosign(payload, Ssl.Sign(key, payload));

        (await FindOne()).Reason.ShouldNotBeNull().ShouldContain("something else");
    }

    [Fact]
    public async Task Keyless_IsNotTrusted_AndSaysWhy()
    {
        var payload = Payload(Image);
        await PushCosign(payload, Ssl.Sign(Ssl.MakeKey("P-256"), payload), null, ("dev.sigstore.cosign/certificate", "-----BEGIN CERTIFICATE-----"));

        (await FindOne()).Reason.ShouldNotBeNull().ShouldContain("keyless");
    }

    [Theory]
    [InlineData("no json")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"critical":null}""")]
    [InlineData("""{"critical":{"image":{"docker-manifest-digest":7}}}""")]
    [InlineData("""{"critical":{"image":{"docker-manifest-digest":"a"},"image":{"docker-manifest-digest":"b"}}}""")]
    public async Task Payload_Malformed_IsInvalid(string payload)
    {
        var key = Ssl.MakeKey("P-256");
        await TrustKey("release", key);
        await PushCosign(Encoding.UTF8.GetBytes(payload), Ssl.Sign(key, Encoding.UTF8.GetBytes(payload)));

        var found = await FindOne();

        found.State.ShouldBe(SignatureState.Invalid);
        found.Reason.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Payload_TooDeepOrTooLarge_IsInvalid()
    {
        await PushCosign(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"critical\":", 1000)) + "1" + new string('}', 1000)), [1]);
        (await FindOne()).State.ShouldBe(SignatureState.Invalid);

        await PushCosign(new byte[(64 << 10) + 1], [1]);
        (await FindOne()).Reason.ShouldNotBeNull().ShouldContain("more than 65536");
    }

    [Theory]
    [InlineData("")]
    [InlineData("!!!")]
    [InlineData("AAA")]
    public async Task Signature_NoBase64_IsInvalid(string signature)
    {
        await PushCosign(Payload(Image), signature, null, []);

        (await FindOne()).Reason.ShouldBe("its signature is no base64");
    }

    [Fact]
    public async Task Signature_AmongBrokenOnes_IsTrusted_AndTheyAreToldToo()
    {
        var key = Ssl.MakeKey("P-256");
        await TrustKey("release", key);
        var payload = Payload(Image);
        const string type = "application/vnd.dev.cosign.simplesigning.v1+json";
        await Put(Image.Replace(':', '-') + ".sig", Manifest(null, null,
            await Layer("junk"u8.ToArray(), "text/plain"),
            await Layer("junk"u8.ToArray(), type),
            await Layer(payload, type, ("dev.cosignproject.cosign/signature", Convert.ToBase64String(Ssl.Sign(key, payload))))));

        (await Find()).Select(found => found.State).ShouldBe([SignatureState.Trusted, SignatureState.Invalid, SignatureState.Invalid]);
    }

    [Fact]
    public async Task Signatures_VeryMany_AreLookedAtUpToABound()
    {
        var layer = await Layer("junk"u8.ToArray(), "text/plain");
        await Put(Image.Replace(':', '-') + ".sig", Manifest(null, null, [.. Enumerable.Range(0, 500).Select(_ => (JsonObject)layer.DeepClone())]));

        (await Find()).Count.ShouldBe(64);
    }

    [Fact]
    public async Task Image_ThatIsNotThere_HasNone() => (await Find("sha256:" + new string('0', 64))).ShouldBeEmpty();
}
