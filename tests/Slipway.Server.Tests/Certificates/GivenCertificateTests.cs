using System.Security.Cryptography;
using Slipway.Model;
using Slipway.Server.Certificates;

namespace Slipway.Server.Tests.Certificates;

public sealed class GivenCertificateTests
{
    static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    static string[] Wrong(string chain, string key) =>
        [.. Should.Throw<InvalidInputException>(() => GivenCertificate.Parse(chain, key, Now)).Diagnostics.Select(one => $"{one.Key}: {one.Message}")];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Parse_GoodOne_HasItsHosts(bool rsa)
    {
        var made = MadeCertificate.Make(["Shop.example.com", "*.example.com"], rsa: rsa);

        var given = GivenCertificate.Parse($"comments of openssl\n{made.Chain}{made.Root.ExportCertificatePem()}\n", made.Key, Now);

        given.Hosts.ShouldBe(["shop.example.com", "*.example.com"]);
        given.Leaf.SerialNumber.ShouldBe(made.Serial);
        given.Chain.ShouldNotContain("comments");
        given.ToString().ShouldNotContain("PRIVATE");
    }

    [Fact]
    public void Parse_KeyOfAnother_SaysSo()
    {
        var (one, other) = (MadeCertificate.For("a.test"), MadeCertificate.For("b.test"));

        Wrong(one.Chain, other.Key).ShouldBe(["key: The key does not belong to the certificate 'leaf'"]);
        Wrong(one.Chain, MadeCertificate.Make(["a.test"], rsa: true).Key).ShouldBe(["key: There is no such key in it"]);
        Wrong(one.Chain, "nothing").ShouldBe(["key: There is no such key in it"]);
        using var key = ECDsa.Create();
        Wrong(one.Chain, key.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1000)))
            .ShouldBe(["key: The key is encrypted with a passphrase"]);
    }

    [Fact]
    public void Parse_Dates_AreThoseOfToday()
    {
        var ended = MadeCertificate.Make(["a.test"], Now.AddDays(-20), Now.AddDays(-10));
        var future = MadeCertificate.Make(["a.test"], Now.AddDays(10), Now.AddDays(20));

        Wrong(ended.Chain, ended.Key).ShouldBe([$"chain: The certificate ended on {Now.AddDays(-10):yyyy-MM-dd}"]);
        Wrong(future.Chain, future.Key).ShouldBe([$"chain: The certificate is not valid before {Now.AddDays(10):yyyy-MM-dd}"]);
    }

    [Fact]
    public void Parse_WhatCantBeServed_EverythingIsSaid()
    {
        var nameless = MadeCertificate.Make([], Now.AddDays(-20), Now.AddDays(-10), usage: "1.3.6.1.5.5.7.3.3");

        Wrong(nameless.Chain, "nothing").Select(one => one.Split(' ')[^1]).Count().ShouldBe(4);
        Wrong(nameless.Chain, nameless.Key).ShouldContain("chain: The certificate names no host");
        Wrong(nameless.Chain, nameless.Key).ShouldContain("chain: The certificate is not for servers");
        var weak = MadeCertificate.Make(["a.test"], rsa: true, bits: 1024);
        Wrong(weak.Chain, weak.Key).ShouldBe(["chain: Its RSA key has 1024 bits"]);
    }

    [Fact]
    public void Parse_Chain_IsInOrder()
    {
        var (one, other) = (MadeCertificate.For("a.test"), MadeCertificate.For("b.test"));

        Wrong(one.Chain + other.Chain, one.Key).ShouldBe(["chain: 'leaf' did not issue 'leaf', which stands before it"]);
        Wrong("", one.Key).ShouldBe(["chain: There is no certificate in it"]);
        Wrong("-----BEGIN CERTIFICATE-----\nMFkw\n-----END CERTIFICATE-----\n", one.Key).ShouldBe(["chain: One of its certificates can't be read"]);
    }
}
