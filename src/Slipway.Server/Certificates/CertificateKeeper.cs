using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Slipway.Model;
using Slipway.Registry.Secrets;
using Slipway.Releases;
using Slipway.Server.Certificates.Acme;
using Slipway.Server.Gateways;

namespace Slipway.Server.Certificates;

/// <summary>
/// Sees to it that every host of the route table has a certificate, and that the gateways have them all. On the leader alone. For each host the first of
/// <code>
///   given    by a person, exact or wildcard
///   acme     by the authority that is set: ordered when the host appears, renewed at two thirds of its life
///   own      by the platform's authority: made when the host appears, renewed at two thirds of its life, removed with the host
/// </code>
/// So a host is served with its own one until the ordered one is there.
/// A certificate that has ended is none. Nothing here keeps a table waiting: the routes are served first.
/// </summary>
sealed partial class CertificateKeeper(
    Database.Database database, SecretBox box, OwnAuthority authority, AcmeIssuance acme, LocalGateways gateways, CertificateBell bell, TimeProvider time, ILogger<CertificateKeeper> log) : BackgroundService
{
    static readonly TimeSpan Look = TimeSpan.FromMinutes(10), LookAfterFailures = TimeSpan.FromMinutes(1), Again = TimeSpan.FromSeconds(2);

    readonly SemaphoreSlim _gate = new(1, 1);
    string? _published;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Off the start-up path.
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Keep(stoppingToken);
                var failures = Order(stoppingToken);
                await bell.Wait(failures ? LookAfterFailures : Look, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error)
            {
                LogFailed(error is GatewayUnavailableException or InvalidInputException or InvalidDataException ? null : error, error.Message);
                await Task.Delay(Again, time, stoppingToken).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
        await acme.Ended;
    }

    public override void Dispose()
    {
        base.Dispose();
        _gate.Dispose();
    }

    /// <summary>Orders what is due. Whether there are hosts that failed before.</summary>
    bool Order(CancellationToken cancel)
    {
        if (gateways.Published is not { } table || database.Read(AcmeRow.Find) is not { } settings) return false;
        var (rows, failures, now) = (database.Read(CertificateRow.All), database.Read(AcmeFailureRow.All), time.GetUtcNow());
        var given = new Coverage(rows.Where(row => row.Source == CertificateRow.Given && row.Ends > now));
        var have = rows.Where(row => row.Source == CertificateRow.Acme && row.AddedBy == settings.Directory && row.RenewAt > now).Select(row => row.Name).ToHashSet();
        var waiting = failures.Where(failure => failure.Next > now).Select(failure => failure.Host).ToHashSet();
        var hosts = PublicHosts.Of(table, settings.ChallengeKind == AcmeChallengeKind.Dns);
        // What a wildcard is for needs none of its own, unless that one can't be had. '*' sorts first.
        var wildcards = new Coverage(hosts.Where(host => host[0] == '*' && !waiting.Contains(host)));
        var due = hosts.Where(host => !given.Covers(host) && !have.Contains(host) && !waiting.Contains(host) && (host[0] == '*' || !wildcards.Covers(host))).Order(StringComparer.Ordinal).ToList();
        acme.Begin(due, settings, Keep, cancel);
        return failures.Count > 0;
    }

    async Task Keep(CancellationToken cancel)
    {
        // Before the first table nothing is known of hosts, and the gateway serves on by what it has.
        if (gateways.Published is not { } table) return;
        await _gate.WaitAsync(cancel);
        try
        {
            var rows = await Complete(HostsOf(table), cancel);
            var set = Make(rows);
            if (set.Revision == _published) return;
            await gateways.Publish(set, cancel);
            _published = set.Revision;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Makes what is missing or due, and removes what is not needed any more.</summary>
    async Task<IReadOnlyList<CertificateRow>> Complete(HashSet<string> hosts, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var valid = database.Read(CertificateRow.All).Where(row => row.Ends > now).ToList();
        var better = new Coverage(valid.Where(row => row.Source != CertificateRow.Own));
        var wanted = hosts.Where(host => !better.Covers(host)).ToHashSet(StringComparer.Ordinal);
        var own = valid.Where(row => row.Source == CertificateRow.Own).ToDictionary(row => row.Name);
        var issuer = await authority.Keep(cancel);
        var due = wanted.Where(host => !own.TryGetValue(host, out var row) || row.RenewAt <= now || row.Issuer != issuer).ToList();
        var gone = database.Read(CertificateRow.All).Where(row => row.Source == CertificateRow.Own && !wanted.Contains(row.Name)).ToList();
        if (due.Count > 0 || gone.Count > 0)
        {
            var made = await authority.Issue(due, cancel);
            await database.Write(
                connection =>
                {
                    foreach (var row in made) row.Store(connection);
                    foreach (var row in gone) CertificateRow.Remove(connection, row.Source, row.Name);
                },
                cancel);
            LogKept(made.Count, gone.Count);
            foreach (var row in made) own[row.Name] = row;
        }
        return [.. valid.Where(row => row.Source != CertificateRow.Own), .. own.Values.Where(row => wanted.Contains(row.Name)).OrderBy(row => row.Name, StringComparer.Ordinal)];
    }

    CertificateSet Make(IReadOnlyList<CertificateRow> rows)
    {
        // What a person gave comes first.
        var certificates = rows.OrderBy(row => row.Source == CertificateRow.Given ? 0 : row.Source == CertificateRow.Acme ? 1 : 2).Select(row => new ServedCertificate
        {
            Name = $"{row.Source} {row.Name}",
            Hosts = row.HostList,
            Chain = row.Chain,
            Key = row.Key(box),
        }).ToList();
        var set = new CertificateSet { Revision = "", Certificates = certificates, Challenges = acme.Open.Http, HandshakeChallenges = acme.Open.Handshakes };
        return set with { Revision = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(set, ModelJson.Default.CertificateSet))) };
    }

    /// <summary>Those that a client can name in a handshake (RFC 6066, section 3: no addresses), and that are to be served over TLS.</summary>
    static HashSet<string> HostsOf(RouteTable table) =>
        [.. table.Routes.Where(route => route.Https?.Mode != HttpsMode.Off).SelectMany(route => route.Hosts).Where(host => !IPAddress.TryParse(host, out _))];

    [LoggerMessage(Level = LogLevel.Information, Message = "Certificates of the own authority: {Made} made, {Gone} removed")]
    partial void LogKept(int made, int gone);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The certificates could not be seen to, and are tried again: {Reason}")]
    partial void LogFailed(Exception? error, string reason);
}
