using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dapper;
using Slipway.Registry.Secrets;

namespace Slipway.Server.Certificates;

/// <summary>A row of certificates.</summary>
sealed record CertificateRow
{
    public const string Given = "given", Own = "own", Acme = "acme";

    const string Columns = "source, name, hosts, chain, secret, issuer, fingerprint, not_before AS NotBefore, not_after AS NotAfter, added_by AS AddedBy, created";

    public string Source { get; init; } = "";

    public string Name { get; init; } = "";

    public string Hosts { get; init; } = "";

    public string Chain { get; init; } = "";

    public byte[] Secret { get; init; } = [];

    public string Issuer { get; init; } = "";

    public string Fingerprint { get; init; } = "";

    public string NotBefore { get; init; } = "";

    public string NotAfter { get; init; } = "";

    public string AddedBy { get; init; } = "";

    public string Created { get; init; } = "";

    public IReadOnlyList<string> HostList => Hosts.Split(',');

    public DateTimeOffset Begins => Time(NotBefore);

    public DateTimeOffset Ends => Time(NotAfter);

    /// <summary>At two thirds of its life: a month of ninety days is left for whatever goes wrong.</summary>
    public DateTimeOffset RenewAt => Begins + (Ends - Begins) * 2 / 3;

    /// <param name="leaf">The first of the chain.</param>
    public static CertificateRow Make(string source, string name, IReadOnlyList<string> hosts, string chain, X509Certificate2 leaf, string key, SecretBox box, string addedBy, DateTimeOffset now) => new()
    {
        Source = source,
        Name = name,
        Hosts = string.Join(',', hosts),
        Chain = chain,
        Secret = box.Seal(key, Purpose(source, name)),
        Issuer = leaf.GetNameInfo(X509NameType.SimpleName, forIssuer: true) is { Length: > 0 } issuer ? issuer : leaf.Issuer,
        Fingerprint = leaf.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant(),
        NotBefore = Text(leaf.NotBefore.ToUniversalTime()),
        NotAfter = Text(leaf.NotAfter.ToUniversalTime()),
        AddedBy = addedBy,
        Created = Text(now.UtcDateTime),
    };

    /// <summary>PEM.</summary>
    public string Key(SecretBox box) => box.Open(Secret, Purpose(Source, Name));

    public static IReadOnlyList<CertificateRow> All(DbConnection connection) => connection.Query<CertificateRow>($"SELECT {Columns} FROM certificates ORDER BY source, name").AsList();

    public static CertificateRow? Find(DbConnection connection, string source, string name) =>
        connection.QuerySingleOrDefault<CertificateRow>($"SELECT {Columns} FROM certificates WHERE source = @source AND name = @name", new { source, name });

    public void Store(DbConnection connection)
    {
        Remove(connection, Source, Name);
        connection.Execute(
            """
            INSERT INTO certificates (source, name, hosts, chain, secret, issuer, fingerprint, not_before, not_after, added_by, created)
            VALUES (@Source, @Name, @Hosts, @Chain, @Secret, @Issuer, @Fingerprint, @NotBefore, @NotAfter, @AddedBy, @Created)
            """,
            this);
    }

    public static void Remove(DbConnection connection, string source, string name) => connection.Execute("DELETE FROM certificates WHERE source = @source AND name = @name", new { source, name });

    static string Purpose(string source, string name) => $"certificate {source} {name}";

    static string Text(DateTime utc) => utc.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
