using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slipway.Model;
using Slipway.Registry.Secrets;
using Slipway.Server.Certificates.Acme.Proofs;
using Slipway.Server.Data;
using X509Request = System.Security.Cryptography.X509Certificates.CertificateRequest;

namespace Slipway.Server.Certificates.Acme;

/// <summary>Orders certificates, one host after the other, beside the keeper: an authority takes its time. One run at a time.</summary>
sealed partial class AcmeIssuance(Database.Database database, SecretBox box, CertificateBell bell, DataFolder folder, TimeProvider time, ILogger<AcmeIssuance> log)
{
    Task _running = Task.CompletedTask;

    /// <summary>What authorities are to find at the moment.</summary>
    public OpenChallenges Open { get; } = new();

    /// <summary>Completes when nothing is ordered any more.</summary>
    public Task Ended => _running;

    /// <param name="hosts">Those that are due; nothing happens while others are being ordered.</param>
    /// <param name="settings">The authority.</param>
    /// <param name="publish">Gives the gateways <see cref="Open"/>, and returns when they have them.</param>
    public void Begin(IReadOnlyList<string> hosts, AcmeRow settings, Func<CancellationToken, Task> publish, CancellationToken cancel)
    {
        if (hosts.Count > 0 && _running.IsCompleted) _running = Task.Run(() => Run(hosts, settings, publish, cancel), CancellationToken.None);
    }

    async Task Run(IReadOnlyList<string> hosts, AcmeRow settings, Func<CancellationToken, Task> publish, CancellationToken cancel)
    {
        try
        {
            using var key = settings.Key(box);
            using var client = new AcmeClient(new Uri(settings.Directory), key, settings.Account, settings.Roots, time);
            var proof = Proof(settings, publish);
            for (var i = 0; i < hosts.Count; i++)
            {
                try
                {
                    await Order(hosts[i], client, settings, proof, cancel);
                }
                catch (AcmeException no)
                {
                    // What is the authority's own, or the account's, is so for the others too.
                    var failed = no.InnerException is not null || no.Problem is { Kind: "rateLimited" or "accountDoesNotExist" or "serverInternal" } ? hosts.Skip(i).ToList() : [hosts[i]];
                    foreach (var host in failed) LogNo(host, no.Message);
                    await database.Write(connection => { foreach (var host in failed) AcmeFailureRow.Count(connection, host, no.Message, time.GetUtcNow()); }, cancel);
                    if (failed.Count > 1) break;
                }
                bell.Ring();
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The next server orders again.
        }
        catch (Exception error)
        {
            LogFailed(error);
            // Not again at once, whatever it is.
            await Task.Delay(TimeSpan.FromMinutes(1), time, cancel).ContinueWith(_ => { }, TaskScheduler.Default);
        }
        bell.Ring();
    }

    async Task Order(string host, AcmeClient client, AcmeRow settings, HostProof proof, CancellationToken cancel)
    {
        LogOrders(host, settings.Directory);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string chain;
        try
        {
            chain = await client.Order(host, proof, Request(host, key), cancel);
        }
        finally
        {
            await proof.Withdraw(HostProof.NameOf(host));
        }
        var row = Read(host, chain, key, settings);
        await database.Write(
            connection =>
            {
                row.Store(connection);
                AcmeFailureRow.Remove(connection, host);
            },
            cancel);
        LogHas(host, row.NotAfter);
    }

    HostProof Proof(AcmeRow settings, Func<CancellationToken, Task> publish) => settings.ChallengeKind switch
    {
        AcmeChallengeKind.Dns => new DnsProof(new DnsHook(folder.Hooks, settings.DnsHook ?? "", log), TimeSpan.FromSeconds(settings.DnsWait), time),
        AcmeChallengeKind.TlsAlpn => new HandshakeProof(Open, publish),
        _ => new HttpProof(Open, publish),
    };

    CertificateRow Read(string host, string chain, ECDsa key, AcmeRow settings)
    {
        try
        {
            var given = GivenCertificate.Parse(chain, key.ExportPkcs8PrivateKeyPem(), time.GetUtcNow());
            if (!given.Hosts.Contains(host)) throw new AcmeException($"The authority gave a certificate for {string.Join(", ", given.Hosts)} in place of {host}");
            return CertificateRow.Make(CertificateRow.Acme, host, given.Hosts, given.Chain, given.Leaf, given.Key, box, settings.Directory, time.GetUtcNow());
        }
        catch (InvalidInputException wrong)
        {
            throw new AcmeException($"The authority gave a certificate for {host} that can't be served: {wrong.Diagnostics[0].Message}");
        }
    }

    static byte[] Request(string host, ECDsa key)
    {
        // The names count, and the common name is not needed.
        var request = new X509Request(new X500DistinguishedName(""), key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSigningRequest();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Ordering a certificate for {Host} from {Directory}")]
    partial void LogOrders(string host, string directory);

    [LoggerMessage(Level = LogLevel.Information, Message = "There is a certificate for {Host} until {Until}")]
    partial void LogHas(string host, string until);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No certificate for {Host}: {Reason}")]
    partial void LogNo(string host, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Ordering certificates failed")]
    partial void LogFailed(Exception error);
}
