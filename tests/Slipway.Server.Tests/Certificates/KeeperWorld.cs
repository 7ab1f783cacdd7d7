using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Slipway.Database;
using Slipway.Model;
using Slipway.Registry;
using Slipway.Registry.Events;
using Slipway.Registry.Secrets;
using Slipway.Server.Certificates;
using Slipway.Server.Certificates.Acme;
using Slipway.Server.Gateways;

namespace Slipway.Server.Tests.Certificates;

/// <summary>What a server puts together, without the rest of it.</summary>
sealed class KeeperWorld : IAsyncDisposable
{
    readonly CertificateKeeper _keeper;
    readonly TimeProvider _time;
    readonly GatewayHome _home;
    bool _ended;

    public KeeperWorld(GatewayHome home, TimeProvider time)
    {
        var data = home.Data;
        (_time, _home) = (time, home);
        data.Prepare();
        Database = Slipway.Database.Database.Open(home.Database.Address, RegistryExtensions.RegistryMigrations, CertificateServices.Migrations);
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

    /// <summary>The next table.</summary>
    public Task Publish(params Route[] routes) =>
        Gateways.Publish(new RouteTable { Version = _home.NextVersion, Routes = routes }, TestContext.Current.CancellationToken);

    /// <summary>The root of the own authority.</summary>
    public async Task<X509Certificate2> Root() => X509Certificate2.CreateFromPem((await Authority.Status(TestContext.Current.CancellationToken)).Certificate);

    /// <summary>Waits until the host is served with a certificate of that root; the client checks chain, name and purpose.</summary>
    public async Task<X509Certificate2> Served(string host, X509Certificate2 root)
    {
        X509Certificate2? served = null;
        await Eventually.Is(async () =>
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, VerificationTime = _time.GetUtcNow().LocalDateTime };
            policy.CustomTrustStore.Add(root);
            using var socket = new TcpClient();
            await socket.ConnectAsync(_home.Https, TestContext.Current.CancellationToken);
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
