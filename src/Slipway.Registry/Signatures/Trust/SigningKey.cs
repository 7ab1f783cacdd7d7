using System.Globalization;
using System.Security.Cryptography;
using Dapper;
using Slipway.Registry.Secrets;

namespace Slipway.Registry.Signatures.Trust;

/// <summary>
/// The key that the platform signs with what is built here: ECDSA on P-256, made when it is first needed, in the database so that all servers share it, and
/// sealed there. Thread-safe.
/// </summary>
sealed class SigningKey(Database.Database database, SecretBox box, TimeProvider time)
{
    volatile Row? _known;

    public async Task<(string Pem, string Created)> Public(CancellationToken cancel) => await Load(cancel) is var row ? (row.PublicKey, row.Created) : default;

    public async Task<string> PublicPem(CancellationToken cancel) => (await Load(cancel)).PublicKey;

    /// <summary>ECDSA in DER over SHA-256, as cosign makes it.</summary>
    public async Task<byte[]> Sign(ReadOnlyMemory<byte> data, CancellationToken cancel)
    {
        var row = await Load(cancel);
        using var key = ECDsa.Create();
        key.ImportFromPem(box.Open(row.Secret, Purpose(row.Id)));
        return key.SignData(data.Span, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    async Task<Row> Load(CancellationToken cancel)
    {
        if (_known is { } known) return known;
        return _known = Find() ?? await Make(cancel);
    }

    Row? Find() => database.Read(connection => connection.QueryFirstOrDefault<Row>("SELECT id, secret, public_key, created FROM registry_signing_keys ORDER BY created, id LIMIT 1"));

    async Task<Row> Make(CancellationToken cancel)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var id = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture);
        var row = new Row
        {
            Id = id,
            Secret = box.Seal(key.ExportPkcs8PrivateKeyPem(), Purpose(id)),
            PublicKey = key.ExportSubjectPublicKeyInfoPem() + "\n",
            Created = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
        };
        await database.Write(
            connection =>
            {
                // Two that start at once: the first one's key is both's.
                if (connection.ExecuteScalar<long>("SELECT count(*) FROM registry_signing_keys") > 0) return;
                connection.Execute("INSERT INTO registry_signing_keys (id, secret, public_key, created) VALUES (@Id, @Secret, @PublicKey, @Created)", row);
            },
            cancel);
        return Find()!;
    }

    static string Purpose(string id) => $"signing key {id}";

    sealed record Row
    {
        public string Id { get; init; } = "";

        public byte[] Secret { get; init; } = [];

        public string PublicKey { get; init; } = "";

        public string Created { get; init; } = "";
    }
}
