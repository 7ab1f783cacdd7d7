using System.Globalization;
using System.Security.Cryptography;
using Dapper;
using Microsoft.IdentityModel.Tokens;
using Slipway.Registry.Secrets;

namespace Slipway.Registry.Auth;

/// <summary>
/// What tokens are signed with: 32 random bytes for HMAC-SHA256, made at the first use, in the database so that all servers share it, and sealed there. The newest one
/// signs; older ones verify what they have signed until that has ended.
/// </summary>
sealed class TokenKeys(Database.Database database, SecretBox box, TimeProvider time)
{
    readonly Lock _lock = new();
    IReadOnlyList<SymmetricSecurityKey> _keys = [];

    /// <summary>The newest first; never empty.</summary>
    public IReadOnlyList<SymmetricSecurityKey> All()
    {
        if (Volatile.Read(ref _keys) is { Count: > 0 } known) return known;
        Reload();
        if (_keys.Count == 0) Rotate();
        return _keys;
    }

    /// <summary>Null where no server has made it.</summary>
    public SymmetricSecurityKey? Find(string id)
    {
        if (All().FirstOrDefault(key => key.KeyId == id) is { } known) return known;
        // Another server may have made a newer one.
        Reload();
        return _keys.FirstOrDefault(key => key.KeyId == id);
    }

    /// <summary>Signs with a new key from now on; forgets keys that are older than what they signed can be.</summary>
    public void Rotate()
    {
        var (id, secret) = (Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture), Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        var sealedKey = box.Seal(secret, Purpose(id));
        database.Write(connection =>
        {
            // Two servers that start at once: the first one's key is both's.
            if (_keys.Count == 0 && connection.ExecuteScalar<long>("SELECT count(*) FROM registry_token_keys") > 0) return;
            connection.Execute("INSERT INTO registry_token_keys (id, secret, created) VALUES (@id, @sealedKey, @created)", new { id, sealedKey, created = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture) });
        }).GetAwaiter().GetResult();
        Reload();
    }

    void Reload()
    {
        lock (_lock)
        {
            var rows = database.Read(connection => connection.Query<(string Id, byte[] Secret)>("SELECT id, secret FROM registry_token_keys ORDER BY created DESC, id").AsList());
            Volatile.Write(ref _keys, [.. rows.Select(row => new SymmetricSecurityKey(Convert.FromBase64String(box.Open(row.Secret, Purpose(row.Id)))) { KeyId = row.Id })]);
        }
    }

    static string Purpose(string id) => $"token key {id}";
}
