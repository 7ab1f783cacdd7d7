using System.Data.Common;
using Dapper;

namespace Slipway.Server.Notifications;

/// <summary>What tells this platform's events from another one's: a UUID, made with the first receiver, the same on all servers.</summary>
static class PlatformIdentity
{
    public static string Find(DbConnection db) => db.ExecuteScalar<string?>("SELECT id FROM platform_identity WHERE one = 1") ?? "";

    public static string FindOrMake(DbConnection db)
    {
        db.Execute("INSERT INTO platform_identity (one, id) VALUES (1, @id) ON CONFLICT DO NOTHING", new { id = Guid.NewGuid().ToString("D") });
        return Find(db);
    }

    /// <summary>As a URI (RFC 9562, section 4): a CloudEvent's source.</summary>
    public static string Source(string id) => "urn:uuid:" + id;
}
