using Npgsql;

namespace Slipway.Database;

/// <summary>A session-level advisory lock on a connection of its own: it is gone when the session is.</summary>
sealed class PostgresLease(NpgsqlConnection connection) : ServerLease
{
    public static bool Take(NpgsqlConnection connection, long key)
    {
        using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", connection) { Parameters = { new NpgsqlParameter<long> { TypedValue = key } } };
        return (bool)command.ExecuteScalar()!;
    }

    public override bool IsHeld()
    {
        try
        {
            using var command = new NpgsqlCommand("SELECT 1", connection);
            return command.ExecuteScalar() is 1;
        }
        catch (Exception lost) when (lost is NpgsqlException or InvalidOperationException or IOException)
        {
            return false;
        }
    }

    public override void Dispose() => connection.Dispose();
}
