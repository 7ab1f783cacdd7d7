using System.Data;
using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Npgsql;

namespace Slipway.Database;

/// <summary>
/// A PostgreSQL that several servers share. A group's transaction begins with one lock for all writers of all servers, so that writes are as serial as
/// SQLite's: no operation meets a conflict or is run a second time, identifiers ascend in the order of commits, and READ COMMITTED sees
/// everything that was committed before. docs/design/registry-servers.md says what that costs.
/// </summary>
sealed class PostgresStore : Store
{
    /// <summary>The advisory lock of everyone who writes: the bytes of "Slipway" and 1.</summary>
    const long WriteKey = 0x536C_6970_7761_7901;

    static readonly string Begin = string.Create(CultureInfo.InvariantCulture, $"BEGIN; SELECT pg_advisory_xact_lock({WriteKey}); SAVEPOINT operation");

    /// <summary>A database that restarts is back within this; writes wait for it, and fail at once when it takes longer.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5), LongestPause = TimeSpan.FromSeconds(1);

    readonly DatabaseAddress _address;
    readonly NpgsqlDataSource _readers, _writers, _leases;
    readonly CancellationTokenSource _closing = new();
    NpgsqlConnection? _writer;
    DatabaseUnavailableException? _away;
    long _awaySince, _lastTried;

    /// <param name="address">Where it is.</param>
    /// <param name="silence">How long a server may keep silent in the middle of something.</param>
    public PostgresStore(DatabaseAddress address, TimeSpan silence)
    {
        _address = address;
        _readers = PostgresSettings.DataSource(address, PostgresSettings.Reading, builder =>
        {
            builder.Pooling = true;
            if (!address.Says("Maximum Pool Size")) builder.MaxPoolSize = 32;
        });
        _writers = PostgresSettings.DataSource(address, PostgresSettings.Writing(silence), builder => builder.Pooling = false);
        _leases = PostgresSettings.DataSource(address, PostgresSettings.Leasing(silence), builder => { builder.Pooling = false; builder.CommandTimeout = 4; });
    }

    public override string Name => _address.ToString();

    public override bool IsShared => true;

    // A transaction with more than 64 savepoints that wrote makes every snapshot of others slower (PostgreSQL's "subtransaction overflow").
    public override int MaxGroup => 60;

    public override void Open(IReadOnlyList<MigrationSet> migrations)
    {
        _writer = Connect();
        try
        {
            foreach (var set in migrations)
                while (Migrate(_writer, set))
                {
                }
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new DatabaseUnavailableException($"The database {Name} does not let this user make tables: {refused.MessageText}. Make the user its owner: ALTER DATABASE ... OWNER TO ...", refused);
        }
    }

    public override void WriteTogether(IReadOnlyList<Operation> group)
    {
        var writer = BeginGroup();
        var committing = false;
        try
        {
            var connection = new PostgresConnection(writer);
            for (var i = 0; i < group.Count; i++)
            {
                var (operation, isLast) = (group[i], i == group.Count - 1);
                operation.Run(connection);
                if (operation.Error is { } error && IsAway(error)) throw error;
                committing = isLast;
                End(writer, operation, isLast);
            }
        }
        catch (Exception broken)
        {
            Discard();
            if (!IsAway(broken)) throw;
            throw committing && broken is not PostgresException { InvariantSeverity: "ERROR" }
                ? new CommitUnknownException($"The connection to the database {Name} broke during the commit: it is not known whether the change is stored. Look before you try again. ({Said(broken)})", broken)
                : new DatabaseUnavailableException($"The database {Name} can't be written now; nothing of the change is stored. ({Said(broken)})", broken);
        }
    }

    public override T Read<T>(Func<DbConnection, T> read)
    {
        for (var attempt = 0; ; attempt++)
        {
            PostgresConnection? connection = null;
            try
            {
                using var reader = _readers.OpenConnection();
                using var snapshot = reader.BeginTransaction(IsolationLevel.RepeatableRead);
                connection = new PostgresConnection(reader);
                var result = read(connection);
                snapshot.Commit();
                return result;
            }
            catch (Exception broken) when (IsAway(broken))
            {
                // A pooled connection may be from before the database's restart. Only what has read nothing yet is read again.
                if (attempt == 0 && connection is null or { Commands: <= 1 } && IsCutOff(broken))
                {
                    _readers.Clear();
                    continue;
                }
                throw Away(broken);
            }
        }
    }

    public override DateTimeOffset Now(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT clock_timestamp()";
        return new DateTimeOffset((DateTime)command.ExecuteScalar()!);
    }

    public override ServerLease? TryLease(long key)
    {
        NpgsqlConnection? connection = null;
        try
        {
            connection = _leases.OpenConnection();
            if (PostgresLease.Take(connection, key)) return new PostgresLease(connection);
            connection.Dispose();
            return null;
        }
        catch (Exception broken) when (IsAway(broken) || broken is NpgsqlException)
        {
            connection?.Dispose();
            throw Away(broken);
        }
    }

    public override void Closing() => _closing.Cancel();

    public override void Dispose()
    {
        _writer?.Dispose();
        _readers.Dispose();
        _writers.Dispose();
        _leases.Dispose();
        _closing.Dispose();
    }

    /// <summary>
    /// Keeps an operation's changes or undoes them, and commits behind the last one. Each is one round trip to the database. An operation that hid the
    /// failure of a statement can't be kept, because PostgreSQL takes nothing more after that: it fails by itself.
    /// </summary>
    static void End(NpgsqlConnection writer, Operation operation, bool isLast)
    {
        var next = isLast ? "COMMIT" : "SAVEPOINT operation";
        if (!operation.Failed)
        {
            try
            {
                Execute(writer, $"RELEASE SAVEPOINT operation; {next}");
                return;
            }
            catch (PostgresException hidden) when (hidden.SqlState == PostgresErrorCodes.InFailedSqlTransaction)
            {
                operation.Fail(hidden);
            }
        }
        Execute(writer, isLast ? "ROLLBACK TO SAVEPOINT operation; COMMIT" : "ROLLBACK TO SAVEPOINT operation");
    }

    /// <summary>A transaction that has the lock of all writers. No operation has run yet, so that a connection from before a restart may be replaced.</summary>
    NpgsqlConnection BeginGroup()
    {
        while (true)
        {
            var isNew = _writer is null;
            _writer ??= ConnectPatiently();
            try
            {
                Execute(_writer, Begin);
                return _writer;
            }
            catch (PostgresException busy) when (busy.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled)
            {
                Discard();
                throw new DatabaseUnavailableException($"Another server has kept the database {Name} from being written for too long; nothing of the change is stored. ({busy.MessageText})", busy);
            }
            catch (Exception broken) when (IsAway(broken))
            {
                Discard();
                if (isNew) throw Away(broken);
            }
        }
    }

    NpgsqlConnection ConnectPatiently()
    {
        for (var pause = TimeSpan.FromMilliseconds(50); ; pause = pause * 2 > LongestPause ? LongestPause : pause * 2)
        {
            var patient = _away is null || Stopwatch.GetElapsedTime(_awaySince) < Patience;
            // While it stays away, writes fail at once, and the database is tried once in a while, not once for each of them.
            if (!patient && Stopwatch.GetElapsedTime(_lastTried) < LongestPause) throw new DatabaseUnavailableException(_away!.Message, _away.InnerException);
            try
            {
                _lastTried = Stopwatch.GetTimestamp();
                var connection = Connect();
                _away = null;
                return connection;
            }
            catch (DatabaseUnavailableException away)
            {
                if (_away is null) _awaySince = Stopwatch.GetTimestamp();
                _away = away;
                if (!patient || _closing.Token.WaitHandle.WaitOne(pause)) throw;
            }
        }
    }

    NpgsqlConnection Connect()
    {
        try
        {
            return _writers.OpenConnection();
        }
        catch (Exception broken) when (IsAway(broken) || broken is NpgsqlException)
        {
            throw Away(broken);
        }
    }

    bool Migrate(NpgsqlConnection writer, MigrationSet set)
    {
        try
        {
            // An index over a large table takes longer than a statement of every day may, and another server may be at it.
            Execute(writer, $"BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock({WriteKey})", 0);
            var more = set.ApplyNext(new PostgresConnection(writer), PostgresSql.Translate);
            Execute(writer, "COMMIT");
            return more;
        }
        catch (Exception broken) when (IsAway(broken))
        {
            throw Away(broken);
        }
    }

    void Discard()
    {
        _writer?.Dispose();
        _writer = null;
    }

    DatabaseUnavailableException Away(Exception broken) => new($"The database {Name} can't be used now: {Said(broken)}", broken);

    static string Said(Exception broken) => broken switch
    {
        PostgresException said => said.MessageText,
        { InnerException: { } inner } and NpgsqlException => $"{broken.Message.TrimEnd('.')}: {inner.Message}",
        _ => broken.Message,
    };

    /// <summary>No answer, or that the session or the whole database ends, has no room, or has become a copy that is only read; not that a statement was wrong.</summary>
    static bool IsAway(Exception error) => error switch
    {
        PostgresException said => said.InvariantSeverity is "FATAL" or "PANIC" || said.SqlState.StartsWith("53", StringComparison.Ordinal)
            || said.SqlState is PostgresErrorCodes.ReadOnlySqlTransaction,
        NpgsqlException or IOException or SocketException or TimeoutException => true,
        InvalidOperationException { Message: var message } => message.Contains("Connection is not open", StringComparison.Ordinal),
        _ => false,
    };

    /// <summary>The connection ended; a new one may do.</summary>
    static bool IsCutOff(Exception error) => error is PostgresException or { InnerException: IOException };

    static void Execute(NpgsqlConnection connection, string sql, int? timeout = null)
    {
        using var command = new NpgsqlCommand(sql, connection);
        if (timeout is { } seconds) command.CommandTimeout = seconds;
        command.ExecuteNonQuery();
    }
}
