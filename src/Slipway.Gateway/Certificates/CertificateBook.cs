using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
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
            LogServed(next.Certificates.Count, next.Challenges.Count);
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
        return _current.Find(name) is { } certificate ? new(certificate.Options)
            : throw new AuthenticationException(name.Length == 0 ? "The client named no host (SNI)." : $"No certificate for '{name}'.");
    }

    public void Dispose() => _gate.Dispose();

    [LoggerMessage(Level = LogLevel.Information, Message = "Serving with {Certificates} certificates, {Challenges} challenges open")]
    partial void LogServed(int certificates, int challenges);
}
