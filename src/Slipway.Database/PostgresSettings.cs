using Npgsql;

namespace Slipway.Database;

/// <summary>
/// How PostgreSQL's sessions are made: what bounds them, so that a server that is frozen, or whose machine or network is gone, holds up the others for
/// seconds and not for ever.
/// </summary>
static class PostgresSettings
{
    /// <summary>Milliseconds that one statement may run.</summary>
    const int Statement = 30_000;

    /// <summary>Milliseconds that a writer waits for those of other servers: longer than one of them can be silent.</summary>
    const int Lock = 25_000;

    // Seconds, and milliseconds for tcp_user_timeout: for a machine that is gone without a word. They apply to TCP only.
    const string Keepalive = "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 20000;";

    /// <summary>
    /// Sessions that write. The database waits so long for the next statement of an open transaction, then ends the session and its locks. A commit is acknowledged when it is on the disk, also where the database's own configuration would be content with less.
    /// </summary>
    public static string Writing(TimeSpan silence) =>
        $"{Keepalive} SET idle_in_transaction_session_timeout = {(int)silence.TotalMilliseconds}; SET statement_timeout = {Statement}; SET lock_timeout = {Lock}; "
        + "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

    /// <summary>Sessions that read. A snapshot that is held for minutes keeps the database from cleaning up behind the writers.</summary>
    public static readonly string Reading =
        $"{Keepalive} SET idle_in_transaction_session_timeout = 60000; SET statement_timeout = {Statement}; SET default_transaction_read_only = on";

    /// <summary>Sessions that hold a lock for a server.</summary>
    public static string Leasing(TimeSpan silence) => $"{Keepalive} SET idle_session_timeout = {(int)silence.TotalMilliseconds}; SET statement_timeout = 5000";

    /// <summary>What all connections have in common.</summary>
    public static void Common(DatabaseAddress address, NpgsqlConnectionStringBuilder builder)
    {
        if (!address.Says("Application Name")) builder.ApplicationName = "slipway";
        if (!address.Says("Timeout")) builder.Timeout = 5;
        builder.TcpKeepAlive = true;
        builder.TcpKeepAliveTime = 5;
        builder.TcpKeepAliveInterval = 5;
        // The database's own bounds come first; this one is for a database that says nothing at all.
        builder.CommandTimeout = (Statement / 1000) + 5;
        builder.MaxAutoPrepare = 200;
        builder.AutoPrepareMinUsages = 2;
        // Nothing of a session is changed after it was made.
        builder.NoResetOnClose = true;
    }

    public static NpgsqlDataSource DataSource(DatabaseAddress address, string settings, Action<NpgsqlConnectionStringBuilder> change)
    {
        var builder = new NpgsqlSlimDataSourceBuilder(address.Connect(written => { Common(address, written); change(written); }).ConnectionString);
        builder.EnableTransportSecurity();
        builder.UsePhysicalConnectionInitializer(
            connection => Set(connection, settings),
            async connection =>
            {
                await using var command = new NpgsqlCommand(settings, connection);
                await command.ExecuteNonQueryAsync();
            });
        return address.HasManyHosts ? builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary) : builder.Build();
    }

    static void Set(NpgsqlConnection connection, string settings)
    {
        using var command = new NpgsqlCommand(settings, connection);
        command.ExecuteNonQuery();
    }
}
