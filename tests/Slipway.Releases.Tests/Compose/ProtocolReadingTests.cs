using Slipway.Model;
using Slipway.Releases.Compose;

namespace Slipway.Releases.Tests.Compose;

public sealed class ProtocolReadingTests
{
    [Theory]
    [InlineData("{}", null)]
    [InlineData("{protocol: http}", null)]
    [InlineData("{protocol: h2c}", UpstreamScheme.H2c)]
    [InlineData("{protocol: grpc}", UpstreamScheme.Grpc)]
    public void Protocol_WithoutTls_IsRead(string release, UpstreamScheme? expected) =>
        (ComposeFolder.Service($"ports: ['80']\nx-release: {release}").Release.Protocol?.Scheme).ShouldBe(expected);

    [Fact]
    public void Protocol_Https_TrustsTheSystemAndIsForTheServicesName() =>
        ComposeFolder.Service("ports: ['80']\nx-release: {protocol: https}").Release.Protocol.ShouldBe(new UpstreamProtocol { Scheme = UpstreamScheme.Https, ServerName = "web" });

    [Fact]
    public void Protocol_Grpcs_TakesEveryCertificateWhereItIsToldTo() =>
        ComposeFolder.Service("ports: ['80']\nx-release: {protocol: grpcs, tls: {verify: none, server-name: Inner.test}}").Release.Protocol
            .ShouldBe(new UpstreamProtocol { Scheme = UpstreamScheme.Grpcs, Trust = UpstreamTrust.None, ServerName = "inner.test" });

    [Fact]
    public void Tls_File_IsReadWithTheRelease()
    {
        using var folder = new ComposeFolder("services: {web: {image: nginx, ports: ['80'], x-release: {protocol: https, tls: {verify: ./ca.pem}}}}");
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        using var root = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=ca", key, System.Security.Cryptography.HashAlgorithmName.SHA256)
            .CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2040, 1, 1, 0, 0, 0, TimeSpan.Zero));
        folder.Write("ca.pem", root.ExportCertificatePem());

        var protocol = ComposeFile.Read(folder.Request).Model.Find("web")!.Release.Protocol!;

        protocol.Trust.ShouldBe(UpstreamTrust.Authorities);
        UpstreamTls.Authorities(protocol.Authorities!).Single().Subject.ShouldBe("CN=ca");
    }

    [Theory]
    [InlineData("true", "")]
    [InlineData("shop.v1.Cart", "shop.v1.Cart")]
    [InlineData("false", null)]
    public void Ready_Grpc_IsRead(string value, string? expected) =>
        ComposeFolder.Service($"ports: ['80']\nx-release: {{protocol: grpc, ready: {{grpc: {value}}}}}").Release.Ready.Grpc.ShouldBe(expected);

    [Theory]
    [InlineData("protocol: http3", "protocol", "'http3' is not known", "grpcs")]
    [InlineData("tls: {verify: none}", "tls", "its protocol has none", "protocol: https")]
    [InlineData("protocol: https, tls: {verify: ./gone.pem}", "tls.verify", "does not exist", "system, none")]
    [InlineData("protocol: https, tls: {server-name: 'a b'}", "tls.server-name", "'a b' is no host name", "shop.internal")]
    [InlineData("ready: {grpc: 'a b'}", "ready.grpc", "'a b' is no gRPC service", "true")]
    [InlineData("ready: {grpc: true, http: /up}", "ready.grpc", "both http and grpc", "one of them")]
    public void Wrong_IsSaidWithWhatWouldBeRight(string release, string key, string message, string expected)
    {
        using var folder = new ComposeFolder($"services: {{web: {{image: nginx, ports: ['80'], x-release: {{{release}}}}}}}");
        var error = Should.Throw<InvalidInputException>(() => ComposeFile.Read(folder.Request)).Diagnostics.ShouldHaveSingleItem();
        error.Key.ShouldBe($"services.web.x-release.{key}");
        error.Message.ShouldContain(message);
        error.Expected!.ShouldContain(expected);
    }
}
