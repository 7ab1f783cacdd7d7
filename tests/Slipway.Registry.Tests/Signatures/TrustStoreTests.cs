using Microsoft.Extensions.DependencyInjection;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Policies;
using Slipway.Registry.Signatures.Trust;

namespace Slipway.Registry.Tests.Signatures;

public sealed class TrustStoreTests : SignatureTest
{
    DeployPolicies Policies => Host.Services.GetRequiredService<DeployPolicies>();

    async Task<string> Refused(string? key, string? certificate) =>
        (await Should.ThrowAsync<InvalidInputException>(() => Trust.Add(new TrustRequest { Name = "x", Key = key, Certificate = certificate }, Caller.Server, Cancel))).Message;

    [Fact]
    public async Task Add_ShowsWhatItIs()
    {
        var key = Ssl.MakeKey("RSA-3072");
        await TrustKey("release", key, "web", "shop", "shop");
        var root = Ssl.Certify(Ssl.MakeKey("P-521"), "/C=DE/CN=Root", null, OpenSsl.RootExtensions, days: 10);
        await TrustRoot("root", root);

        var (own, release, certificate) = ((await Trust.List(Cancel))[0], await Trust.Find("release", Cancel), await Trust.Find("root", Cancel));

        (own.Name, own.Algorithm).ShouldBe(("slipway", "ECDSA P-256"));
        (release.Kind, release.Algorithm, release.Pem).ShouldBe(("key", "RSA 3072", key.Public));
        release.Projects.ShouldBe(["shop", "web"]);
        (certificate.Kind, certificate.Algorithm, certificate.Pem).ShouldBe(("certificate", "ECDSA P-521", root.Pem));
        certificate.Certificate.ShouldBe("CN=Root, C=DE");
        certificate.Expires.ShouldNotBeNull();
        certificate.Fingerprint.ShouldBe(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(root.Der)));
    }

    [Fact]
    public async Task Add_WhatIsNoKeyOrCertificate_SaysWhatItIs()
    {
        var key = Ssl.MakeKey("P-256");
        (await Refused(null, null)).ShouldContain("either a key or a certificate");
        (await Refused(key.Public, key.Public)).ShouldContain("either a key or a certificate");
        (await Refused("hello", null)).ShouldContain("is no PEM file");
        (await Refused(await File.ReadAllTextAsync(key.Path, Cancel), null)).ShouldContain("is a private key");
        (await Refused(key.Public + key.Public, null)).ShouldContain("more than one key");
        (await Refused(Ssl.MakeKey("ED25519").Public, null)).ShouldContain("Ed25519");
        (await Refused(Ssl.MakeKey("RSA-1024").Public, null)).ShouldContain("1024 bits");
        (await Refused(Ssl.MakeKey("secp256k1").Public, null)).ShouldContain("its curve is none of");
        (await Refused("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", null)).ShouldContain("can't be used");
        (await Refused(null, key.Public)).ShouldContain("is a public key");
        (await Refused(null, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")).ShouldContain("no certificate");
        (await Refused(new string('x', 100_000), null)).ShouldContain("too large");
        var certificate = Ssl.Certify(key, "/CN=Root", null, OpenSsl.RootExtensions);
        (await Refused(certificate.Pem, null)).ShouldContain("--certificate");
        (await Refused(null, string.Concat(Enumerable.Repeat(certificate.Pem, 17)))).ShouldContain("more than 16");
        (await Trust.List(Cancel)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Policy_NamesOnlyKeysThatTheProjectTrusts()
    {
        await TrustKey("release", Ssl.MakeKey("P-256"), "web");
        var refused = await Should.ThrowAsync<InvalidInputException>(() => Policies.Set("shop", new DeployPolicy { RequireSignature = true, Keys = ["release", "missing"] }, Caller.Server, Cancel));
        refused.Diagnostics.Select(one => one.Message).ShouldBe(["'release' is trusted in web only", "'missing' is no trusted key or certificate"]);

        (await Policies.Set("web", new DeployPolicy { RequireSignature = true, Keys = ["release"] }, Caller.Server, Cancel)).Policy.Keys.ShouldBe(["release"]);
    }

    [Fact]
    public async Task Policy_KeyThatIsRemovedLater_RefusesRatherThanLettingAnyThrough()
    {
        var key = Ssl.MakeKey("P-256");
        await TrustKey("release", key);
        var payload = Payload(Image);
        await PushCosign(payload, Ssl.Sign(key, payload));
        await Policies.Set("shop", new DeployPolicy { RequireSignature = true, Keys = ["release"] }, Caller.Server, Cancel);
        var gate = Host.Services.GetRequiredService<PolicyGate>();
        var image = new ReleaseImage { Name = "shop/web:1", Repository = Repository, Digest = Digest.Parse(Image) };
        (await gate.Check("shop", image, _ => { }, Cancel)).ShouldBeEmpty();

        await Trust.Remove("release", Caller.Server, Cancel);

        (await gate.Check("shop", image, _ => { }, Cancel)).ShouldHaveSingleItem().Found.ShouldContain("has a signature that does not count");
    }

    [Theory]
    [InlineData("C=DE, O=Shop", true)]
    [InlineData("O=Shop,CN=Release", true)]
    [InlineData("x509.subject: C=DE, O=\"Shop\"", true)]
    [InlineData("O=shop", false)]
    [InlineData("O=Sho", false)]
    [InlineData("C=DE, O=Shop, OU=None", false)]
    public void Subject_HasThePartsOrNot(string pattern, bool matches)
    {
        var certificate = Ssl.Certify(Ssl.MakeKey("P-256"), "/C=DE/O=Shop/CN=Release", null, OpenSsl.LeafExtensions);
        using var read = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(certificate.Der);

        SubjectPattern.TryParse(pattern).ShouldNotBeNull().Matches(read).ShouldBe(matches);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Shop")]
    [InlineData("x509.subject:")]
    [InlineData("O=a, nonsense")]
    [InlineData("O=a, CN=b+OU=c")]
    public async Task Subject_ThatIsNone_IsRefused(string subject)
    {
        var root = Ssl.Certify(Ssl.MakeKey("P-256"), "/CN=Root", null, OpenSsl.RootExtensions);
        var refused = await Should.ThrowAsync<InvalidInputException>(() => Trust.Add(new TrustRequest { Name = "x", Certificate = root.Pem, Subject = subject }, Caller.Server, Cancel));
        refused.Message.ShouldContain("is no subject");
    }

    [Theory]
    [InlineData("registry.example.com/shop/web", "shop/web")]
    [InlineData("127.0.0.1:8080/shop/web:1", "shop/web")]
    [InlineData("localhost/web@sha256:00", "web")]
    [InlineData("shop/web", "shop/web")]
    [InlineData("web:1", "web")]
    public void RepositoryIn_TakesTheRegistryAway(string reference, string repository) => SignatureCheck.RepositoryIn(reference).ShouldBe(repository);
}
