using System.Text;
using System.Text.Json.Nodes;
using Slipway.Registry.Signatures;

namespace Slipway.Registry.Tests.Signatures;

public sealed class NotationTests : SignatureTest
{
    const string Notary = "application/vnd.cncf.notary.signature";
    const string Jws = "application/jose+json";
    const string Cose = "application/cose";

    OpenSsl.Certificate _root = null!;
    OpenSsl.Certificate _leaf = null!;
    byte[] _payload = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _root = Ssl.Certify(Ssl.MakeKey("P-384"), "/C=DE/O=Shop/CN=Shop root", null, OpenSsl.RootExtensions, days: 3650);
        _leaf = Ssl.Certify(Ssl.MakeKey("P-256"), "/C=DE/O=Shop/CN=Release", _root, OpenSsl.LeafExtensions);
        _payload = NotationEnvelopeMaker.PayloadOf(Image, await SizeOf(Image));
        await TrustRoot("shop-root", _root);
    }

    async Task<long> SizeOf(string digest) => (await Host.Client.GetByteArrayAsync($"/v2/{Repository}/manifests/{digest}", Cancel)).Length;

    NotationEnvelopeMaker Maker => Of(_leaf, _root);

    NotationEnvelopeMaker Of(params OpenSsl.Certificate[] chain) => new() { Ssl = Ssl, Key = chain[0].Key, Chain = [.. chain.Select(certificate => certificate.Der)], Payload = _payload };

    async Task<FoundSignature> Judge(byte[] envelope, string type = Jws)
    {
        var manifest = await PushReferrer(Notary, envelope, type);
        return (await Find()).Single(found => found.Manifest.Value == manifest);
    }

    /// <summary>Both encodings, for what is the same in them.</summary>
    async Task ShouldBeRefused(NotationEnvelopeMaker maker, string reason, SignatureState state = SignatureState.Invalid)
    {
        foreach (var found in (FoundSignature[])[await Judge(maker.Jws()), await Judge(maker.Cose(), Cose)])
        {
            found.State.ShouldBe(state, found.Reason);
            found.Reason.ShouldNotBeNull().ShouldContain(reason);
            found.Signer.ShouldBeNull();
        }
    }

    [Theory]
    [InlineData("P-256")]
    [InlineData("P-384")]
    [InlineData("P-521")]
    [InlineData("RSA-2048")]
    [InlineData("RSA-3072")]
    [InlineData("RSA-4096")]
    public async Task Signature_WithAChainToATrustedRoot_IsTrusted(string kind)
    {
        var leaf = Ssl.Certify(Ssl.MakeKey(kind), "/C=DE/O=Shop/CN=Release", _root, OpenSsl.LeafExtensions);
        foreach (var found in (FoundSignature[])[await Judge(Of(leaf, _root).Jws()), await Judge(Of(leaf, _root).Cose(), Cose)])
        {
            found.State.ShouldBe(SignatureState.Trusted, found.Reason);
            found.Signer.ShouldBe("shop-root");
            found.Subject.ShouldNotBeNull().ShouldContain("CN=Release");
            found.SignedAt.ShouldNotBeNull();
        }
        (await Find()).Select(found => found.Format).ShouldBe(["notation JWS", "notation COSE"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("RSA-2048", "sha256")]
    [InlineData("RSA-4096", "sha512")]
    [InlineData("P-521", "sha384")]
    public async Task Chain_WithAnIntermediate_IsFollowed(string kind, string hash)
    {
        var root = Ssl.Certify(Ssl.MakeKey(kind), "/CN=Deep root", null, OpenSsl.RootExtensions, hash: hash);
        var middle = Ssl.Certify(Ssl.MakeKey("P-256"), "/CN=Middle", root, "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign", hash: hash);
        var leaf = Ssl.Certify(Ssl.MakeKey("P-256"), "/CN=Deep leaf", middle, OpenSsl.LeafExtensions);
        await TrustRoot("deep", root);

        (await Judge(Of(leaf, middle, root).Jws())).Signer.ShouldBe("deep");
        (await Judge(Of(leaf, root).Jws())).Reason.ShouldNotBeNull().ShouldContain("was not issued by");
        (await Judge(Of(leaf, middle).Jws())).Reason.ShouldNotBeNull().ShouldContain("does not end with a root");
        (await Judge(Of(leaf, root, middle).Jws())).State.ShouldBe(SignatureState.Invalid);
        (await Judge(Of(leaf, middle, root, _root).Jws())).State.ShouldBe(SignatureState.Invalid);
    }

    [Fact]
    public async Task Certificate_ThatSignsItself_IsTrustedWhereItIsGiven()
    {
        var alone = Ssl.Certify(Ssl.MakeKey("P-256"), "/C=DE/O=Shop/CN=alone", null, OpenSsl.LeafExtensions);
        (await Judge(Of(alone).Jws())).State.ShouldBe(SignatureState.NotTrusted);
        await TrustRoot("alone", alone);

        (await Judge(Of(alone).Cose(), Cose)).Signer.ShouldBe("alone");
    }

    [Fact]
    public async Task Root_NotGiven_IsNotTrusted()
    {
        var root = Ssl.Certify(Ssl.MakeKey("P-384"), "/C=DE/O=Shop/CN=Shop root", null, OpenSsl.RootExtensions);
        var leaf = Ssl.Certify(Ssl.MakeKey("P-256"), "/CN=Mallory", root, OpenSsl.LeafExtensions);

        // The names are those of the trusted root, the key is not.
        await ShouldBeRefused(Of(leaf, root), "is not trusted here", SignatureState.NotTrusted);
        await ShouldBeRefused(Of(leaf, _root), "was not signed by");
    }

    [Fact]
    public async Task Subject_OtherThanTheTrustedOne_IsNotTrusted()
    {
        await Trust.Remove("shop-root", Registry.Events.Caller.Server, Cancel);
        await Trust.Add(new() { Name = "shop-root", Certificate = _root.Pem, Subject = "C=DE, O=Shop, CN=Release" }, Registry.Events.Caller.Server, Cancel);
        (await Judge(Maker.Jws())).Signer.ShouldBe("shop-root");

        await ShouldBeRefused(Of(Ssl.Certify(Ssl.MakeKey("P-256"), "/C=DE/O=Shop/CN=Intern", _root, OpenSsl.LeafExtensions), _root), "is not the subject that is trusted", SignatureState.NotTrusted);
    }

    [Fact]
    public async Task Certificate_Expired_IsRefused()
    {
        var maker = Maker;
        Host.Time.Ahead = TimeSpan.FromDays(366);

        await ShouldBeRefused(maker, "had expired at");
    }

    [Fact]
    public async Task SigningTime_OutsideOfTheCertificate_IsRefused() =>
        await ShouldBeRefused(Maker with { SigningTime = DateTimeOffset.UtcNow.AddDays(-2) }, "is valid only from");

    [Fact]
    public async Task SigningTime_InTheFuture_IsRefused() => await ShouldBeRefused(Maker with { SigningTime = DateTimeOffset.UtcNow.AddDays(2) }, "in the future");

    [Fact]
    public async Task SigningTime_Missing_IsRefused() => await ShouldBeRefused(Maker with { SigningTime = null }, "has no io.cncf.notary.signingTime");

    [Fact]
    public async Task Expiry_Counts()
    {
        var maker = Maker with { Expiry = DateTimeOffset.UtcNow.AddHours(1) };
        (await Judge(maker.Jws())).State.ShouldBe(SignatureState.Trusted);
        (await Judge(maker.Cose(), Cose)).State.ShouldBe(SignatureState.Trusted);
        Host.Time.Ahead = TimeSpan.FromHours(2);

        await ShouldBeRefused(maker, "it expired at");
        await ShouldBeRefused(maker with { Critical = ["io.cncf.notary.signingScheme"] }, "does not name io.cncf.notary.expiry");
    }

    [Theory]
    [InlineData("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature", "is a certificate authority")]
    [InlineData("keyUsage=digitalSignature\nextendedKeyUsage=codeSigning", "may not sign")]
    [InlineData("keyUsage=critical,digitalSignature,keyEncipherment", "may not sign")]
    [InlineData("basicConstraints=CA:FALSE", "may not sign")]
    [InlineData("keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth", "is not for code signing")]
    [InlineData("keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning,serverAuth", "is not for code signing")]
    [InlineData("keyUsage=critical,digitalSignature\nextendedKeyUsage=anyExtendedKeyUsage", "is not for code signing")]
    public async Task Leaf_ThatMayNotSign_IsRefused(string extensions, string reason) =>
        await ShouldBeRefused(Of(Ssl.Certify(Ssl.MakeKey("P-256"), "/CN=leaf", _root, extensions), _root), reason);

    [Theory]
    [InlineData("basicConstraints=CA:TRUE\nkeyUsage=critical,keyCertSign", "is no certificate authority")]
    [InlineData("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,keyCertSign", "is no certificate authority")]
    [InlineData("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign", "may not issue")]
    [InlineData("basicConstraints=critical,CA:TRUE", "may not issue")]
    public async Task Issuer_ThatMayNotIssue_IsRefused(string extensions, string reason)
    {
        var middle = Ssl.Certify(Ssl.MakeKey("P-256"), "/CN=Middle", _root, extensions);
        await ShouldBeRefused(Of(Ssl.Certify(Ssl.MakeKey("P-256"), "/CN=leaf", middle, OpenSsl.LeafExtensions), middle, _root), reason);
    }

    [Fact]
    public async Task Issuer_BelowItsPathLength_IsRefused()
    {
        var root = Ssl.Certify(Ssl.MakeKey("P-256"), "/CN=Short root", null, "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign");
        var middle = Ssl.Certify(Ssl.MakeKey("P-256"), "/CN=Middle", root, OpenSsl.RootExtensions);
        await TrustRoot("short", root);

        await ShouldBeRefused(Of(Ssl.Certify(Ssl.MakeKey("P-256"), "/CN=leaf", middle, OpenSsl.LeafExtensions), middle, root), "authorities below it");
    }

    [Fact]
    public async Task Certificate_SignedWithSha1_IsRefused() =>
        await ShouldBeRefused(Of(Ssl.Certify(Ssl.MakeKey("P-256"), "/CN=leaf", _root, OpenSsl.LeafExtensions, hash: "sha1"), _root), "is not allowed");

    [Fact]
    public async Task Algorithm_OtherThanTheKeys_IsRefused()
    {
        (await Judge((Maker with { Algorithm = "ES384" }).Jws())).Reason.ShouldNotBeNull().ShouldContain("asks for ES256");
        (await Judge((Maker with { Algorithm = "none" }).Jws())).State.ShouldBe(SignatureState.Invalid);
        (await Judge((Maker with { Algorithm = "HS256" }).Jws())).State.ShouldBe(SignatureState.Invalid);
        (await Judge((Maker with { Algorithm = "-35" }).Cose(), Cose)).Reason.ShouldNotBeNull().ShouldContain("asks for ES256");
    }

    [Fact]
    public async Task Headers_AreAsTheyMustBe()
    {
        await ShouldBeRefused(Maker with { Scheme = "notary.x509.signingAuthority" }, "only notary.x509 is verified here");
        await ShouldBeRefused(Maker with { Scheme = null, Critical = [] }, "its signing scheme is 'none'");
        await ShouldBeRefused(Maker with { Critical = [] }, "does not name io.cncf.notary.signingScheme");
        await ShouldBeRefused(Maker with { Critical = ["io.cncf.notary.signingScheme", "io.cncf.notary.verificationPlugin"], Extra = "io.cncf.notary.verificationPlugin" }, "not understood");
        await ShouldBeRefused(Maker with { Critical = ["io.cncf.notary.signingScheme", "missing"] }, "which is not in the header");
        await ShouldBeRefused(Maker with { ContentType = "text/plain" }, "its content type is 'text/plain'");
        (await Judge((Maker with { Extra = "com.example.note" }).Jws())).State.ShouldBe(SignatureState.Trusted);
        (await Judge((Maker with { Extra = "com.example.note" }).Cose(), Cose)).State.ShouldBe(SignatureState.Trusted);
    }

    [Fact]
    public async Task Signature_OfAnotherImage_IsRefused()
    {
        var other = await Host.Client.PushImage(Repository, "2", seed: 2);

        await ShouldBeRefused(Maker with { Payload = NotationEnvelopeMaker.PayloadOf(other, await SizeOf(other)) }, $"it signs another image: {other}");
        await ShouldBeRefused(Maker with { Payload = NotationEnvelopeMaker.PayloadOf(Image, 7) }, "it signs an image of 7 bytes");
        await ShouldBeRefused(Maker with { Payload = NotationEnvelopeMaker.PayloadOf(Image, await SizeOf(Image), "text/plain") }, "type 'text/plain'");
        await ShouldBeRefused(Maker with { Payload = "{}"u8.ToArray() }, "no targetArtifact");
        await ShouldBeRefused(Maker with { Payload = [0xff] }, "no JSON document");
    }

    [Fact]
    public async Task Parts_Altered_AreRefused()
    {
        var other = NotationEnvelopeMaker.PayloadOf(Image, await SizeOf(Image), "text/other");
        (await Judge(Maker.Jws(envelope => envelope["payload"] = System.Buffers.Text.Base64Url.EncodeToString(other)))).Reason.ShouldNotBeNull().ShouldContain("it was altered");
        (await Judge(Maker.Cose(other), Cose)).Reason.ShouldNotBeNull().ShouldContain("it was altered");
        var later = JsonNode.Parse((Maker with { SigningTime = DateTimeOffset.UtcNow.AddSeconds(3) }).Jws())!["protected"]!.GetValue<string>();
        (await Judge(Maker.Jws(envelope => envelope["protected"] = later))).Reason.ShouldNotBeNull().ShouldContain("it was altered");
        (await Judge(Maker.Jws(envelope => envelope["signature"] = new string('A', 86)))).Reason.ShouldNotBeNull().ShouldContain("it was altered");
        (await Judge(Maker.Jws(envelope => envelope.Remove("header")))).Reason.ShouldNotBeNull().ShouldContain("0 certificates");
        (await Judge(Maker.Jws(envelope => envelope["header"]!["x5c"] = new JsonArray("AAAA")))).Reason.ShouldNotBeNull().ShouldContain("can't be read");
        (await Judge(Maker.Jws(envelope => envelope["header"]!["x5c"] = new JsonArray([.. Enumerable.Range(0, 11).Select(_ => (JsonNode?)"AAAA")])))).Reason.ShouldNotBeNull().ShouldContain("11 certificates");
    }

    [Fact]
    public async Task Envelope_BrokenAnywhere_IsNeverTrusted_AndNeverAnError()
    {
        var random = new Random(7);
        foreach (var (whole, read) in new (byte[], Func<byte[], object>)[] { (Maker.Jws(), bytes => Registry.Signatures.Notation.JwsEnvelope.Read(bytes)), (Maker.Cose(), bytes => Registry.Signatures.Notation.CoseEnvelope.Read(bytes)) })
        {
            read(whole).ShouldNotBeNull();
            for (var i = 0; i < 20_000; i++)
            {
                var broken = i < whole.Length ? whole[..i] : whole.ToArray();
                for (var flips = random.Next(4); flips >= 0 && i >= whole.Length; flips--) broken[random.Next(broken.Length)] = (byte)random.Next(256);
                try
                {
                    read(broken);
                }
                catch (RejectedSignatureException)
                {
                    // As it should be: any other exception ends the test.
                }
            }
        }
        foreach (var garbage in (string[])["", "null", "[]", "{}", "{\"payload\":7}", "{\"protected\":\"\\ud800\"}"])
        {
            (await Judge(Encoding.UTF8.GetBytes(garbage.Length == 0 ? " " : garbage))).State.ShouldBe(SignatureState.Invalid, garbage);
            (await Judge(Encoding.UTF8.GetBytes(garbage + "!"), Cose)).State.ShouldBe(SignatureState.Invalid, garbage);
        }
        (await Judge("x"u8.ToArray(), "text/plain")).Reason.ShouldNotBeNull().ShouldContain("no signature");
    }

    [Fact]
    public void Certificate_BrokenAnywhere_IsNeverAnError()
    {
        var random = new Random(11);
        var envelope = Registry.Signatures.Notation.JwsEnvelope.Read(Maker.Jws());
        var image = new Registry.Manifests.StoredManifest(Model.Digest.Parse(Image), Client.OciImage, new byte[JsonNode.Parse(_payload)!["targetArtifact"]!["size"]!.GetValue<int>()]);
        var found = new FoundSignature { Format = "", Manifest = image.Digest, Signed = image.Digest, State = SignatureState.Invalid };
        FoundSignature Verify(IReadOnlyList<byte[]> chain) => Registry.Signatures.Notation.NotationVerifier.Verify(
            found, envelope with { Chain = Registry.Signatures.Notation.NotationEnvelope.ReadChain(chain) }, image, new([], []), DateTimeOffset.UtcNow);
        Verify([_leaf.Der, _root.Der]).State.ShouldBe(SignatureState.NotTrusted);
        for (var i = 0; i < 4000; i++)
        {
            byte[] leaf = [.. _leaf.Der], root = [.. _root.Der];
            var broken = i % 2 == 0 ? leaf : root;
            for (var flips = random.Next(3); flips >= 0; flips--) broken[random.Next(broken.Length)] = (byte)random.Next(256);
            try
            {
                Verify([leaf, root]).State.ShouldBe(SignatureState.NotTrusted);
            }
            catch (RejectedSignatureException)
            {
                // As it should be: any other exception ends the test.
            }
        }
    }

    [Fact]
    public async Task Envelope_TwoKeysOfOneName_IsRefused()
    {
        var text = Encoding.UTF8.GetString(Maker.Jws());
        (await Judge(Encoding.UTF8.GetBytes("{\"payload\":\"e30\"," + text[1..]))).State.ShouldBe(SignatureState.Invalid);
    }

    [Fact]
    public async Task SignatureByConfigType_OfOciOneZero_IsFound()
    {
        var layer = await Layer(Maker.Jws(), Jws);
        var manifest = JsonNode.Parse(Manifest(null, Image, layer))!;
        manifest["config"]!["mediaType"] = Notary;
        await Put(null, manifest.ToJsonString());

        (await FindOne()).State.ShouldBe(SignatureState.Trusted);
    }
}
