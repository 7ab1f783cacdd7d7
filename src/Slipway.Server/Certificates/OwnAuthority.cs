using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dapper;
using Slipway.Registry.Secrets;
using X509Request = System.Security.Cryptography.X509Certificates.CertificateRequest;

namespace Slipway.Server.Certificates;

/// <summary>
/// The platform's own certificate authority, for hosts that no other certificate is for: .localhost, closed networks, and the time until a better one is
/// there. One root, ECDSA on P-256, ten years, made when it is first needed, in the database so that all servers share it, its key sealed. Thread-safe.
/// </summary>
sealed class OwnAuthority(Database.Database database, SecretBox box, TimeProvider time)
{
    const int RootYears = 10, LeafDays = 90;

    // Clocks of clients go wrong.
    static readonly TimeSpan Before = TimeSpan.FromHours(1);

    volatile Row? _known;

    public async Task<AuthorityStatus> Status(CancellationToken cancel)
    {
        using var root = X509Certificate2.CreateFromPem((await Load(cancel)).Certificate);
        return new AuthorityStatus
        {
            Subject = root.Subject,
            Fingerprint = root.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant(),
            NotAfter = root.NotAfter.ToUniversalTime(),
            Certificate = root.ExportCertificatePem() + "\n",
        };
    }

    /// <summary>One for each host, valid for ninety days; not stored.</summary>
    public async Task<IReadOnlyList<CertificateRow>> Issue(IReadOnlyCollection<string> hosts, CancellationToken cancel)
    {
        var row = await Load(cancel);
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

    async Task<Row> Load(CancellationToken cancel)
    {
        if (_known is { } known) return known;
        return _known = Find() ?? await Make(cancel);
    }

    Row? Find() => database.Read(connection => connection.QueryFirstOrDefault<Row>("SELECT id, certificate, secret, created FROM certificate_authority ORDER BY created, id LIMIT 1"));

    async Task<Row> Make(CancellationToken cancel)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (id, now) = (Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture), time.GetUtcNow());
        // The name tells installations apart in a browser's list.
        var request = new X509Request($"CN=Slipway CA {id[..8]}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var root = request.CreateSelfSigned(now - Before, now.AddYears(RootYears));
        var row = new Row { Id = id, Certificate = root.ExportCertificatePem() + "\n", Secret = box.Seal(key.ExportPkcs8PrivateKeyPem(), Purpose(id)), Created = now.ToString("O", CultureInfo.InvariantCulture) };
        await database.Write(
            connection =>
            {
                // Two that start at once: the first one's root is both's.
                if (connection.ExecuteScalar<long>("SELECT count(*) FROM certificate_authority") > 0) return;
                connection.Execute("INSERT INTO certificate_authority (id, certificate, secret, created) VALUES (@Id, @Certificate, @Secret, @Created)", row);
            },
            cancel);
        return Find()!;
    }

    static string Purpose(string id) => $"certificate authority {id}";

    static DateTimeOffset Later(DateTimeOffset one, DateTime other) => one.UtcDateTime > other.ToUniversalTime() ? one : new DateTimeOffset(other.ToUniversalTime());

    static DateTimeOffset Earlier(DateTimeOffset one, DateTime other) => one.UtcDateTime < other.ToUniversalTime() ? one : new DateTimeOffset(other.ToUniversalTime());

    sealed record Row
    {
        public string Id { get; init; } = "";

        public string Certificate { get; init; } = "";

        public byte[] Secret { get; init; } = [];

        public string Created { get; init; } = "";
    }
}
