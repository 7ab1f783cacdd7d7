using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Secrets;
using X509Request = System.Security.Cryptography.X509Certificates.CertificateRequest;

namespace Slipway.Server.Certificates;

/// <summary>
/// The platform's own certificate authority, for hosts that no other certificate is for: .localhost, closed networks, and the time until a better one is
/// there. One root, ECDSA on P-256, ten years, made when it is first needed, in the database so that all servers share it, its key sealed. Thread-safe.
/// <code>
///   year 9     the next root is made, so that clients can be given it        (or: slipway ca renew)
///   a year on  certificates are issued with it; the first one's end with it  (or: slipway ca renew --now)
/// </code>
/// </summary>
sealed class OwnAuthority(Database.Database database, SecretBox box, EventLog events, TimeProvider time)
{
    const int RootYears = 10, LeafDays = 90;

    // Clocks of clients go wrong.
    static readonly TimeSpan Before = TimeSpan.FromHours(1);

    /// <summary>Clients are to trust the next root before they meet it: it is made so long before the other one issues its last.</summary>
    static readonly TimeSpan Notice = TimeSpan.FromDays(365), LastLeaf = TimeSpan.FromDays(LeafDays);

    public async Task<AuthorityStatus> Status(CancellationToken cancel)
    {
        var (now, next) = await Load(cancel);
        return Status(now) with { Next = next is null ? null : Status(next) with { IssuesFrom = next.Begins } };
    }

    /// <summary>Makes the next root, where there is none that waits. It issues after a year, or as soon as the present one can't for long enough.</summary>
    /// <param name="atOnce">It issues from now on: for a key that was lost. Clients that don't trust it yet refuse its certificates.</param>
    /// <exception cref="ConflictException">The next one is there already.</exception>
    public async Task<AuthorityStatus> Renew(bool atOnce, Caller caller, CancellationToken cancel)
    {
        var (now, next) = await Load(cancel);
        if (next is not null && !atOnce) throw new ConflictException($"The next root is there already, and issues from {next.Begins:yyyy-MM-dd} on. To have it issue at once: slipway ca renew --now");
        var moment = time.GetUtcNow();
        var made = (next ?? MakeRoot()) with { IssuesFrom = Text(atOnce ? moment : Earlier(moment + Notice, now.Ends - LastLeaf)) };
        await database.Write(
            connection =>
            {
                if (next is null) Store(connection, made);
                else connection.Execute("UPDATE certificate_authority SET issues_from = @IssuesFrom WHERE id = @Id", made);
                events.Record(connection, caller, new RegistryEvent { Action = "create", Target = "certificate authority", Detail = $"{Status(made).Subject}, issues from {made.IssuesFrom} on" });
            },
            cancel);
        return await Status(cancel);
    }

    /// <summary>What time makes due: the next root, and the end of one that issues no more.</summary>
    /// <returns>The name (CN) of the root that certificates are issued with now.</returns>
    public async Task<string> Keep(CancellationToken cancel)
    {
        var (now, next) = await Load(cancel);
        if (next is null && now.Ends - LastLeaf - Notice <= time.GetUtcNow()) await Store(MakeRoot() with { IssuesFrom = Text(Earlier(time.GetUtcNow() + Notice, now.Ends - LastLeaf)) }, cancel);
        using var root = X509Certificate2.CreateFromPem(now.Certificate);
        return root.GetNameInfo(X509NameType.SimpleName, false);
    }

    /// <summary>One for each host, valid for ninety days; not stored.</summary>
    public async Task<IReadOnlyList<CertificateRow>> Issue(IReadOnlyCollection<string> hosts, CancellationToken cancel)
    {
        var row = (await Load(cancel)).Now;
        using var root = X509Certificate2.CreateFromPem(row.Certificate, box.Open(row.Secret, Purpose(row.Id)));
        return [.. hosts.Select(host => Issue(root, host))];
    }

    CertificateRow Issue(X509Certificate2 root, string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = new X500DistinguishedNameBuilder();
        // A common name has 64 characters at most; whom it is for, the names below say.
        name.AddCommonName(host.Length <= 64 ? host : "Slipway");
        var request = new X509Request(name.Build(), key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(root, true, false));
        var now = time.GetUtcNow();
        var (begin, end) = (now - Before, now.AddDays(LeafDays));
        using var leaf = request.Create(root, Later(begin, root.NotBefore), Earlier(end, root.NotAfter), RandomNumberGenerator.GetBytes(16));
        return CertificateRow.Make(CertificateRow.Own, host, [host], leaf.ExportCertificatePem() + "\n", leaf, key.ExportPkcs8PrivateKeyPem(), box, "slipway", now);
    }

    /// <summary>The root that issues, and the one that will.</summary>
    async Task<(Row Now, Row? Next)> Load(CancellationToken cancel)
    {
        if (Find() is { } known) return known;
        await Store(MakeRoot(), cancel);
        return Find() ?? throw new InvalidDataException("The root of the own authority was stored, and is not there.");
    }

    (Row Now, Row? Next)? Find()
    {
        var moment = time.GetUtcNow();
        var rows = database.Read(connection => connection.Query<Row>("SELECT id, certificate, secret, created, issues_from AS IssuesFrom FROM certificate_authority ORDER BY created, id").AsList());
        return rows.LastOrDefault(row => row.Begins <= moment) is { } now ? (now, rows.FirstOrDefault(row => row.Begins > moment)) : null;
    }

    Row MakeRoot()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (id, now) = (Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture), time.GetUtcNow());
        // The name tells installations apart in a browser's list.
        var request = new X509Request($"CN=Slipway CA {id[..8]}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var root = request.CreateSelfSigned(now - Before, now.AddYears(RootYears));
        return new Row
        {
            Id = id,
            Certificate = root.ExportCertificatePem() + "\n",
            Secret = box.Seal(key.ExportPkcs8PrivateKeyPem(), Purpose(id)),
            Created = Text(now),
        };
    }

    Task Store(Row row, CancellationToken cancel) => database.Write(connection => Store(connection, row), cancel);

    /// <summary>Two that make one at once: the first one's root is both's.</summary>
    void Store(DbConnection connection, Row row)
    {
        var others = connection.ExecuteScalar<long>("SELECT count(*) FROM certificate_authority WHERE issues_from IS NULL OR issues_from > @now", new { now = Text(time.GetUtcNow()) });
        if (others > (row.IssuesFrom is null ? 0 : 1)) return;
        connection.Execute("INSERT INTO certificate_authority (id, certificate, secret, created, issues_from) VALUES (@Id, @Certificate, @Secret, @Created, @IssuesFrom)", row);
    }

    static AuthorityStatus Status(Row row)
    {
        using var root = X509Certificate2.CreateFromPem(row.Certificate);
        return new AuthorityStatus
        {
            Subject = root.Subject,
            Fingerprint = root.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant(),
            NotAfter = root.NotAfter.ToUniversalTime(),
            Certificate = root.ExportCertificatePem() + "\n",
        };
    }

    static string Purpose(string id) => $"certificate authority {id}";

    static string Text(DateTimeOffset time) => time.ToString("O", CultureInfo.InvariantCulture);

    static DateTimeOffset Later(DateTimeOffset one, DateTime other) => one.UtcDateTime > other.ToUniversalTime() ? one : new DateTimeOffset(other.ToUniversalTime());

    static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    sealed record Row
    {
        public string Id { get; init; } = "";

        public string Certificate { get; init; } = "";

        public byte[] Secret { get; init; } = [];

        public string Created { get; init; } = "";

        public string? IssuesFrom { get; init; }

        public DateTimeOffset Begins => IssuesFrom is { } from ? DateTimeOffset.Parse(from, CultureInfo.InvariantCulture) : DateTimeOffset.MinValue;

        public DateTimeOffset Ends
        {
            get
            {
                using var root = X509Certificate2.CreateFromPem(Certificate);
                return root.NotAfter.ToUniversalTime();
            }
        }
    }
}
