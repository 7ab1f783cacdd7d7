using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Slipway.Database;
using Slipway.Registry;
using Slipway.Registry.Events;
using Slipway.Registry.Secrets;
using Slipway.Server.Certificates;
using Slipway.Server.Certificates.Acme;
using Slipway.Server.Data;
using Slipway.Server.Gateways;

namespace Slipway.Server.Tests.Certificates;

/// <summary>What a server puts together, without the rest of it.</summary>
sealed class KeeperWorld : IAsyncDisposable
{
    readonly CertificateKeeper _keeper;
    readonly TimeProvider _time;
    bool _ended;

    public KeeperWorld(DataFolder data, DatabaseAddress database, TimeProvider time)
    {
        _time = time;
        data.Prepare();
        Database = Slipway.Database.Database.Open(database, RegistryExtensions.RegistryMigrations, CertificateServices.Migrations);
        Box = new SecretBox(new RegistryOptions { Folder = data.Registry });
        Bell = new CertificateBell();
        Gateways = new LocalGateways(data, Bell, NullLogger<LocalGateways>.Instance);
        Authority = new OwnAuthority(Database, Box, new EventLog(Database, time), time);
        Certificates = new Server.Certificates.Certificates(Database, Box, new EventLog(Database, time), Bell, new TlsAddresses(true), time);
        Acme = new AcmeIssuance(Database, Box, Bell, data, time, NullLogger<AcmeIssuance>.Instance);
        Settings = new AcmeSettings(Database, Box, new EventLog(Database, time), Bell, data, time);
        _keeper = new CertificateKeeper(Database, Box, Authority, Acme, Gateways, Bell, time, NullLogger<CertificateKeeper>.Instance);
    }

    public Database.Database Database { get; }

    public SecretBox Box { get; }

    public CertificateBell Bell { get; }

    public LocalGateways Gateways { get; }

    public OwnAuthority Authority { get; }

    public Server.Certificates.Certificates Certificates { get; }

    public AcmeIssuance Acme { get; }

    public AcmeSettings Settings { get; }

    public Task Start() => _keeper.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_ended) return;
        _ended = true;
        await _keeper.StopAsync(CancellationToken.None);
        _keeper.Dispose();
        Gateways.Dispose();
        Bell.Dispose();
        await Database.DisposeAsync();
    }

    /// <summary>Waits until the host is served with a certificate of that root; the client checks chain, name and purpose.</summary>
    public async Task<X509Certificate2> Served(IPEndPoint https, string host, X509Certificate2 root)
    {
        X509Certificate2? served = null;
        await Eventually.Is(async () =>
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, VerificationTime = _time.GetUtcNow().LocalDateTime };
            policy.CustomTrustStore.Add(root);
            using var socket = new TcpClient();
            await socket.ConnectAsync(https, TestContext.Current.CancellationToken);
            await using var stream = new SslStream(socket.GetStream());
            try
            {
                await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host, CertificateChainPolicy = policy }, TestContext.Current.CancellationToken);
            }
            catch (Exception notYet) when (notYet is IOException or System.Security.Authentication.AuthenticationException)
            {
                return false;
            }
            served = X509CertificateLoader.LoadCertificate(stream.RemoteCertificate!.GetRawCertData());
            return true;
        });
        return served!;
    }
}
