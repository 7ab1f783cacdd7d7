using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using Slipway.Gateway.Listening;
using Slipway.Model;

namespace Slipway.Gateway.Certificates;

/// <summary>
/// The certificates that are served by. A handshake reads them once; connections that stand keep what they were begun with, so that a certificate is
/// changed under way without anybody noticing.
/// </summary>
sealed partial class CertificateBook(CertificateStore store, ILogger<CertificateBook> log) : IDisposable
{
    readonly SemaphoreSlim _gate = new(1, 1);
    volatile CompiledCertificates _current = new(CertificateSet.Empty, null);

    public CompiledCertificates Current => _current;

    /// <summary>What the last gateway here served by.</summary>
    public void Load()
    {
        try
        {
            _current = new CompiledCertificates(store.Load(), null);
        }
        catch (InvalidInputException wrong)
        {
            store.SetAside(wrong);
        }
    }

    /// <summary>Checked, stored, served by.</summary>
    /// <exception cref="InvalidInputException">One of them can't be served with; nothing was changed.</exception>
    /// <exception cref="IOException">They can't be stored; nothing was changed.</exception>
    public async Task Apply(CertificateSet next, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            var current = _current;
            if (next.Revision == current.Revision && next.Revision.Length > 0) return;
            var compiled = new CompiledCertificates(next, current);
            store.Save(next);
            _current = compiled;
            LogServed(next.Certificates.Count, next.Challenges.Count + next.HandshakeChallenges.Count);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Kestrel asks at each handshake. Without a certificate for the name there is no handshake: whatever was served instead, a client would refuse, and
    /// a certificate of another app would tell strangers of it.
    /// </summary>
    public ValueTask<SslServerAuthenticationOptions> Choose(TlsHandshakeCallbackContext handshake)
    {
        var name = handshake.ClientHelloInfo.ServerName;
        if (handshake.Connection.Features.Get<ChallengeFeature>() is { } challenge) return new(challenge.Certificate.Options);
        if (handshake.Connection.Features.Get<ArrivalFeature>()?.Tls is { } port)
        {
            if (name.Length == 0) name = port.Default ?? "";
            else if (!port.Covers(name)) throw new AuthenticationException($"'{name}' is no host of the service that the port belongs to.");
        }
        return _current.Find(name) is { } certificate ? new(certificate.Options)
            : throw new AuthenticationException(name.Length == 0 ? "The client named no host (SNI)." : $"No certificate for '{name}'.");
    }

    /// <summary>Whether connections are worth a look before their handshake.</summary>
    public bool ExpectsChallenges => _current.Handshakes.Count > 0;

    /// <summary>A certificate authority that looks whether the host is ours: its handshake is answered with what it looks for.</summary>
    public void Note(ConnectionContext connection, ClientHello hello)
    {
        // Only who speaks nothing else is such an authority (RFC 8737, section 3).
        if (hello.Protocols is [ChallengeCertificate.Protocol] && hello.Host is { } host && _current.Handshakes.TryGetValue(host, out var challenge))
            connection.Features.Set(new ChallengeFeature(challenge));
    }

    public void Dispose() => _gate.Dispose();

    [LoggerMessage(Level = LogLevel.Information, Message = "Serving with {Certificates} certificates, {Challenges} challenges open")]
    partial void LogServed(int certificates, int challenges);
}
