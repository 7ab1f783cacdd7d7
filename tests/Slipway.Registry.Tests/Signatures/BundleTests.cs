using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Slipway.Registry.Signatures;

namespace Slipway.Registry.Tests.Signatures;

/// <summary>cosign's newer format: Sigstore bundles.</summary>
public sealed class BundleTests : SignatureTest
{
    const string BundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";
    const string SignPredicate = "https://sigstore.dev/cosign/sign/v1";

    OpenSsl.Key _key = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _key = Ssl.MakeKey("P-256");
        await TrustKey("release", _key);
    }

    static byte[] Statement(string image, string predicate = SignPredicate) => Encoding.UTF8.GetBytes(
        $$"""{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"{{image[7..]}}"} }],"predicateType":"{{predicate}}","predicate":{} }""");

    byte[] Sign(byte[] statement, string type = "application/vnd.in-toto+json") =>
        Ssl.Sign(_key, [.. Encoding.UTF8.GetBytes($"DSSEv1 {type.Length} {type} {statement.Length.ToString(CultureInfo.InvariantCulture)} "), .. statement]);

    Task<string> Push(byte[] statement, byte[] signature, Action<JsonObject>? change = null, params (string, string)[] annotations)
    {
        var bundle = new JsonObject
        {
            ["mediaType"] = BundleType,
            ["verificationMaterial"] = new JsonObject { ["publicKey"] = new JsonObject { ["hint"] = "x" }, ["tlogEntries"] = new JsonArray() },
            ["dsseEnvelope"] = new JsonObject
            {
                ["payload"] = Convert.ToBase64String(statement),
                ["payloadType"] = "application/vnd.in-toto+json",
                ["signatures"] = new JsonArray(new JsonObject { ["sig"] = Convert.ToBase64String(signature) }),
            },
        };
        change?.Invoke(bundle);
        return PushReferrer(BundleType, Encoding.UTF8.GetBytes(bundle.ToJsonString()), BundleType, null, annotations);
    }

    [Fact]
    public async Task Bundle_ByATrustedKey_IsTrusted()
    {
        await Push(Statement(Image), Sign(Statement(Image)));

        var found = await FindOne();

        found.State.ShouldBe(SignatureState.Trusted, found.Reason);
        (found.Signer, found.Format).ShouldBe(("release", "sigstore bundle"));
    }

    [Fact]
    public async Task Bundle_OfAnotherImage_IsInvalid()
    {
        var other = Statement("sha256:" + new string('1', 64));
        await Push(other, Sign(other));

        (await FindOne()).Reason.ShouldBe("it signs another image");
    }

    [Fact]
    public async Task Bundle_StatementAltered_IsNotTrusted()
    {
        await Push([.. Statement(Image), (byte)' '], Sign(Statement(Image)));

        (await FindOne()).State.ShouldBe(SignatureState.NotTrusted);
    }

    [Fact]
    public async Task Bundle_OfAPayloadOfAnotherType_IsInvalid()
    {
        await Push(Statement(Image), Sign(Statement(Image), "text/plain"), bundle => bundle["dsseEnvelope"]!["payloadType"] = "text/plain");

        (await FindOne()).State.ShouldBe(SignatureState.Invalid);
    }

    [Fact]
    public async Task Attestation_OfSomethingElse_IsNoSignature()
    {
        // What the key says of the image may be that it must not run.
        var statement = Statement(Image, "https://cosign.sigstore.dev/attestation/vuln/v1");
        await Push(statement, Sign(statement));
        await Push([.. statement, (byte)' '], Sign(statement), null, ("dev.sigstore.bundle.predicateType", "https://cosign.sigstore.dev/attestation/vuln/v1"));

        (await Find()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Bundle_TwoSignatures_OrNone_IsInvalid()
    {
        var statement = Statement(Image);
        var good = Convert.ToBase64String(Sign(statement));
        await Push(statement, [1], bundle => bundle["dsseEnvelope"]!["signatures"] = new JsonArray(new JsonObject { ["sig"] = good }, new JsonObject { ["sig"] = good }));
        await Push(statement, [1], bundle => bundle["dsseEnvelope"]!["signatures"] = new JsonArray());
        await Push(statement, [1], bundle => bundle["dsseEnvelope"]!["signatures"] = new JsonArray((JsonNode?)null));
        await Push(statement, [1], bundle => bundle.Remove("dsseEnvelope"));

        var found = await Find();

        found.Count.ShouldBe(4);
        found.ShouldAllBe(one => one.State == SignatureState.Invalid);
    }
}
