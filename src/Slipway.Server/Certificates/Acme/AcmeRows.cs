using System.Data.Common;
using System.Globalization;
using Dapper;
using Slipway.Registry.Secrets;

namespace Slipway.Server.Certificates.Acme;

/// <summary>The row of acme_settings.</summary>
sealed record AcmeRow
{
    const string Only = "acme";

    public string Id { get; init; } = Only;

    public string Directory { get; init; } = "";

    public string? Email { get; init; }

    public string? Roots { get; init; }

    public string Account { get; init; } = "";

    public byte[] Secret { get; init; } = [];

    public string SetBy { get; init; } = "";

    public string Changed { get; init; } = "";

    /// <summary>http, tls-alpn or dns.</summary>
    public string Challenge { get; init; } = "http";

    public string? DnsHook { get; init; }

    /// <summary>Seconds.</summary>
    public long DnsWait { get; init; }

    public string? BoundTo { get; init; }

    public AcmeChallengeKind ChallengeKind => AcmeChallengeKinds.Parse(Challenge) ?? AcmeChallengeKind.Http;

    public static AcmeRow? Find(DbConnection connection) => connection.QuerySingleOrDefault<AcmeRow>(
        """
        SELECT id, directory, email, roots, account, secret, set_by AS SetBy, changed, challenge, dns_hook AS DnsHook, dns_wait AS DnsWait, bound_to AS BoundTo
        FROM acme_settings WHERE id = @Only
        """,
        new { Only });

    public void Store(DbConnection connection)
    {
        Remove(connection);
        connection.Execute(
            """
            INSERT INTO acme_settings (id, directory, email, roots, account, secret, set_by, changed, challenge, dns_hook, dns_wait, bound_to)
            VALUES (@Id, @Directory, @Email, @Roots, @Account, @Secret, @SetBy, @Changed, @Challenge, @DnsHook, @DnsWait, @BoundTo)
            """,
            this);
    }

    public static void Remove(DbConnection connection) => connection.Execute("DELETE FROM acme_settings");

    public AccountKey Key(SecretBox box) => AccountKey.FromPem(box.Open(Secret, Purpose(Directory)));

    public static byte[] Seal(SecretBox box, AccountKey key, string directory) => box.Seal(key.ToPem(), Purpose(directory));

    static string Purpose(string directory) => $"acme account {directory}";
}

/// <summary>A row of acme_failures.</summary>
sealed record AcmeFailureRow
{
    public string Host { get; init; } = "";

    public long Failures { get; init; }

    public string Error { get; init; } = "";

    public string NextTry { get; init; } = "";

    public DateTimeOffset Next => DateTimeOffset.Parse(NextTry, CultureInfo.InvariantCulture);

    public static IReadOnlyList<AcmeFailureRow> All(DbConnection connection) =>
        connection.Query<AcmeFailureRow>("SELECT host, failures, error, next_try AS NextTry FROM acme_failures ORDER BY host").AsList();

    /// <summary>5 minutes, 15, 45 ... to a day: authorities count failures, and shut out who has too many in an hour.</summary>
    public static void Count(DbConnection connection, string host, string error, DateTimeOffset now)
    {
        var failures = (connection.ExecuteScalar<long?>("SELECT failures FROM acme_failures WHERE host = @host", new { host }) ?? 0) + 1;
        var wait = TimeSpan.FromMinutes(Math.Min(5 * Math.Pow(3, failures - 1), 24 * 60));
        Remove(connection, host);
        connection.Execute("INSERT INTO acme_failures (host, failures, error, next_try) VALUES (@host, @failures, @error, @next)", new { host, failures, error, next = (now + wait).ToString("O", CultureInfo.InvariantCulture) });
    }

    public static void Remove(DbConnection connection, string host) => connection.Execute("DELETE FROM acme_failures WHERE host = @host", new { host });

    public static void RemoveAll(DbConnection connection) => connection.Execute("DELETE FROM acme_failures");
}
