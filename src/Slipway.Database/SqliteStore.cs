using System.Data;
using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Slipway.Database;

/// <summary>A file: WAL, <c>synchronous=FULL</c>, one writing connection that is never closed, so that no two writers ever meet a locked database.</summary>
sealed class SqliteStore : Store
{
    readonly string _path;
    readonly string _readString;
    readonly SqliteConnection _writer;

    public SqliteStore(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        _path = path;
        _writer = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 30 }.ToString());
        _readString = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = true, DefaultTimeout = 30 }.ToString();
    }

    public override string Name => _path;

    public override bool IsShared => false;

    public override int MaxGroup => 256;

    public override void Open(IReadOnlyList<MigrationSet> migrations)
    {
        _writer.Open();
        _writer.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;");
        foreach (var set in migrations)
            while (Migrate(set))
            {
            }
    }

    public override void WriteTogether(IReadOnlyList<Operation> group)
    {
        try
        {
            _writer.Execute("BEGIN IMMEDIATE");
            foreach (var operation in group)
            {
                _writer.Execute("SAVEPOINT operation");
                operation.Run(_writer);
                // SQLite has then ended the transaction, and with it what the others of the group had done.
                if (operation.Error is { } error && SqliteFailure.Of(error, _path) is not null) throw error;
                _writer.Execute(operation.Failed ? "ROLLBACK TO operation; RELEASE operation" : "RELEASE operation");
            }
            _writer.Execute("COMMIT");
        }
        catch (Exception error)
        {
            // A full disk, a read-only file, or the commit itself failed.
            Rollback();
            if (SqliteFailure.Of(error, _path) is { } failure) throw failure;
            throw;
        }
    }

    public override T Read<T>(Func<DbConnection, T> read)
    {
        try
        {
            using var connection = new SqliteConnection(_readString);
            connection.Open();
            using var snapshot = connection.BeginTransaction(IsolationLevel.Serializable, deferred: true);
            return read(connection);
        }
        catch (SqliteException error) when (SqliteFailure.Of(error, _path) is { } failure)
        {
            throw failure;
        }
    }

    public override DateTimeOffset Now(DbConnection connection) => TimeProvider.System.GetUtcNow();

    /// <summary>One process has the file.</summary>
    public override ServerLease TryLease(long key) => new ServerLease.Sole();

    public override void Dispose()
    {
        _writer.Dispose();
        using var any = new SqliteConnection(_readString);
        SqliteConnection.ClearPool(any);
    }

    bool Migrate(MigrationSet set)
    {
        using var transaction = _writer.BeginTransaction();
        var more = set.ApplyNext(_writer, sql => [sql]);
        transaction.Commit();
        return more;
    }

    void Rollback()
    {
        try
        {
            _writer.Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has rolled back by itself on some errors; then there is no transaction left to end.
        }
    }
}
