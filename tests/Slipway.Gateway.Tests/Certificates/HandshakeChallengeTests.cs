using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slipway.Gateway.Listening;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Certificates;

/// <summary>RFC 8737: an authority that looks whether a host is ours, by a handshake.</summary>
public sealed class HandshakeChallengeTests
{
    const string Identifier = "1.3.6.1.5.5.7.1.31";

    readonly TestAuthority _authority = new();
    readonly byte[] _digest = SHA256.HashData("the token"u8);

    CertificateSet Set(params string[] challenged) => new()
    {
        Revision = Guid.NewGuid().ToString(),
        Certificates = [_authority.Issue("app", "app.test")],
        HandshakeChallenges = [.. challenged.Select(host => new HandshakeChallenge(host, Convert.ToBase64String(_digest)))],
    };

    static async Task<SslStream> Handshake(TestGateway gateway, string name, params string[] protocols)
    {
        var https = IPEndPoint.Parse((await gateway.Control.Report(Cancel)).Listening[1]);
        var stream = new SslStream(new NetworkStream(await gateway.Connect(Cancel, https), ownsSocket: true), false, (_, shown, _, _) => shown is not null);
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = name, ApplicationProtocols = protocols.Length == 0 ? null : [.. protocols.Select(p => new SslApplicationProtocol(p))] }, Cancel);
        return stream;
    }

    [Fact]
    public async Task Challenge_IsAnsweredToWhoSpeaksNothingElse_ForItsHostAlone()
    {
        await using var gateway = await Start(null, options => options with { ListenHttps = ["127.0.0.1:0"] });
        await gateway.Control.Publish(Set("app.test"), Cancel);

        await using var look = await Handshake(gateway, "App.test", "acme-tls/1");
        await using var browser = await Handshake(gateway, "app.test", "h2", "http/1.1");
        await using var both = await Handshake(gateway, "app.test", "http/1.1", "acme-tls/1");

        look.NegotiatedApplicationProtocol.ToString().ShouldBe("acme-tls/1");
        using var shown = X509CertificateLoader.LoadCertificate(look.RemoteCertificate!.GetRawCertData());
        var extension = shown.Extensions.Single(one => one.Oid!.Value == Identifier);
        extension.Critical.ShouldBeTrue();
        extension.RawData.ShouldBe([0x04, 0x20, .. _digest]);
        shown.MatchesHostname("app.test").ShouldBeTrue();
        foreach (var usual in (SslStream[])[browser, both])
            X509CertificateLoader.LoadCertificate(usual.RemoteCertificate!.GetRawCertData()).Extensions.ShouldNotContain(one => one.Oid!.Value == Identifier);
        await Should.ThrowAsync<Exception>(() => Handshake(gateway, "else.test", "acme-tls/1"));
    }

    [Fact]
    public async Task Challenge_ThatIsOver_IsAnsweredNoMore()
    {
        await using var gateway = await Start(null, options => options with { ListenHttps = ["127.0.0.1:0"] });
        await gateway.Control.Publish(Set("app.test"), Cancel);
        await gateway.Control.Publish(Set(), Cancel);

        // The usual certificate, but no protocol in common: the gateway ends the handshake (RFC 7301, section 3.2).
        await Should.ThrowAsync<AuthenticationException>(() => Handshake(gateway, "app.test", "acme-tls/1"));
    }

    [Fact]
    public async Task Hello_ThatComesInPieces_OrIsNone_HoldsNobodyUp()
    {
        await using var gateway = await Start(null, options => options with { ListenHttps = ["127.0.0.1:0"] });
        await gateway.Control.Publish(Set("app.test"), Cancel);
        var https = IPEndPoint.Parse((await gateway.Control.Report(Cancel)).Listening[1]);
        using var silent = await gateway.Connect(Cancel, https);
        using var rubbish = await gateway.Connect(Cancel, https);
        await rubbish.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), Cancel);
        await using var slow = new SslStream(new PiecewiseStream(new NetworkStream(await gateway.Connect(Cancel, https), ownsSocket: true)), false, (_, shown, _, _) => shown is not null);

        await slow.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "app.test", ApplicationProtocols = [new("acme-tls/1")] }, Cancel);

        slow.NegotiatedApplicationProtocol.ToString().ShouldBe("acme-tls/1");
        (await rubbish.ReceiveAsync(new byte[16], Cancel)).ShouldBeGreaterThanOrEqualTo(0);
    }

    [Fact]
    public void Hello_CutOrMangledAnywhere_IsReadWithoutAFault()
    {
        byte[] extensions = [0, 0, 0, 13, 0, 11, 0, 0, 8, .. "app.test"u8, 0, 16, 0, 13, 0, 11, 10, .. "acme-tls/1"u8];
        byte[] hello = [3, 3, .. new byte[32], 0, 0, 2, 0x13, 0x01, 1, 0, 0, (byte)extensions.Length, .. extensions];
        byte[] record = [22, 3, 1, 0, (byte)(hello.Length + 4), 1, 0, 0, (byte)hello.Length, .. hello];

        var read = ClientHello.Read(record)!;

        read.Host.ShouldBe("app.test");
        read.Protocols.ShouldBe(["acme-tls/1"]);
        ClientHello.LengthOf(record).ShouldBe(record.Length);
        ClientHello.LengthOf(record.AsSpan(0, 3)).ShouldBeNull();
        ClientHello.LengthOf("GET"u8).ShouldBe(0);
        for (var length = 5; length < record.Length; length++) ClientHello.Read(record.AsSpan(0, length)).ShouldBeNull();
        var random = new Random(8737);
        for (var i = 0; i < 20_000; i++)
        {
            var mangled = (byte[])record.Clone();
            for (var n = random.Next(1, 5); n > 0; n--) mangled[random.Next(5, mangled.Length)] = (byte)random.Next(256);
            Should.NotThrow(() => ClientHello.Read(mangled));
        }
    }

    /// <summary>Writes byte by byte.</summary>
    sealed class PiecewiseStream(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
            for (var i = 0; i < count; i++) inner.Write(buffer, offset + i, 1);
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            for (var i = 0; i < buffer.Length; i++)
            {
                await inner.WriteAsync(buffer.Slice(i, 1), cancellationToken);
                await Task.Yield();
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
