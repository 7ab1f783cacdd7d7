using System.Data.Common;
using System.Globalization;
using Dapper;

namespace Slipway.Registry.Storage;

/// <summary>
/// The list of objects that lost their row, written in the transaction in which they lost it: so that a crash before their deletion leaves nothing
/// behind, and nobody has to list a bucket to find them. Only inside a write.
/// </summary>
static class Garbage
{
    public static void Add(DbConnection connection, string digest, StoredBlob blob, DateTimeOffset due) => connection.Execute(
        """
        INSERT INTO registry_garbage (object_key, digest, size, due) VALUES (@key, @digest, @size, @due)
        ON CONFLICT (object_key) DO UPDATE SET due = excluded.due
        """,
        new { key = blob.Key, digest, size = blob.Size, due = due.ToString("O", CultureInfo.InvariantCulture) });

    /// <summary>The object is deleted, or the key has a row again.</summary>
    public static void Remove(DbConnection connection, string key) =>
        connection.Execute("DELETE FROM registry_garbage WHERE object_key = @key", new { key });
}
