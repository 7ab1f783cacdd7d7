using System.Data.Common;
using System.Globalization;
using Dapper;
using Slipway.Registry.Signatures.Keys;

namespace Slipway.Registry.Signatures.Trust;

/// <summary>A row of registry_trust.</summary>
sealed record TrustRow
{
    const string Columns = "name, kind, projects, subject, pem, added_by, created";

    public string Name { get; init; } = "";

    public string Kind { get; init; } = "";

    public string? Projects { get; init; }

    public string? Subject { get; init; }

    public string Pem { get; init; } = "";

    public string AddedBy { get; init; } = "";

    public string Created { get; init; } = "";

    public IReadOnlyList<string> ProjectList => Projects?.Split(',') ?? [];

    public static IReadOnlyList<TrustRow> All(DbConnection connection) => connection.Query<TrustRow>($"SELECT {Columns} FROM registry_trust ORDER BY name").AsList();

    public static TrustRow? Find(DbConnection connection, string name) => connection.QuerySingleOrDefault<TrustRow>($"SELECT {Columns} FROM registry_trust WHERE name = @name", new { name });

    public TrustedSigner Read()
    {
        var signer = new TrustedSigner
        {
            Name = Name,
            Kind = Kind,
            Projects = ProjectList,
            Subject = Subject,
            Pem = Pem,
            AddedBy = AddedBy,
            Created = DateTimeOffset.Parse(Created, CultureInfo.InvariantCulture),
            Algorithm = "",
            Fingerprint = "",
        };
        if (Kind == TrustStore.Key)
        {
            var key = VerificationKey.Parse(Pem);
            return signer with { Algorithm = key.Algorithm, Fingerprint = key.Fingerprint };
        }
        var certificates = CertificateFile.Parse(Pem);
        return signer with
        {
            Algorithm = VerificationKey.Read(certificates[0].PublicKey.ExportSubjectPublicKeyInfo(), out var inside) is null ? inside!.Algorithm : certificates[0].PublicKey.Oid.FriendlyName ?? "",
            Fingerprint = certificates[0].GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256).ToLowerInvariant(),
            Certificate = certificates[0].Subject,
            Expires = certificates.Min(certificate => new DateTimeOffset(certificate.NotAfter.ToUniversalTime())),
        };
    }
}
