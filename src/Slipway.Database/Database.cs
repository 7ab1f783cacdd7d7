using System.Data;
using System.Data.Common;
using System.Threading.Channels;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Slipway.Database;

/// <summary>
/// The one database of a server: SQLite in the data folder, WAL, <c>synchronous=FULL</c>, so that what was committed survives a power cut.
/// <para>
/// All writes go through one writer, which commits together whatever is waiting (group commit): under load many writes share one fsync,
/// and no two writers ever meet a locked database. Reads run beside it on their own connections and see the last commit.
/// </para>
/// Thread-safe.
/// </summary>
public sealed class Database : IAsyncDisposable
{
    const int MaxGroup = 256;

    readonly string _readString;
    readonly SqliteConnection _writer;
    readonly Channel<Operation> _operations = Channel.CreateBounded<Operation>(new BoundedChannelOptions(4096) { SingleReader = true });
    readonly Thread _thread;
    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    Database(string path, SqliteConnection writer)
    {
        Path = path;
        _writer = writer;
        _readString = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = true, DefaultTimeout = 30 }.ToString();
        _thread = new Thread(WriteUntilClosed) { IsBackground = true, Name = "database writer" };
        _thread.Start();
    }

    public string Path { get; }

    /// <summary>Opens or makes the file and brings it up to date with each component's migrations.</summary>
    /// <exception cref="InvalidDataException">The file was written by a newer Slipway.</exception>
    public static Database Open(string path, params IReadOnlyList<MigrationSet> migrations)
    {
        SQLitePCL.Batteries_V2.Init();
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        var writer = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 30 }.ToString());
        try
        {
            writer.Open();
            writer.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;");
            foreach (var set in migrations) set.Apply(writer);
            return new Database(path, writer);
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Runs <paramref name="write"/> in a transaction and returns when it is durable. When it throws, its own changes are undone,
    /// those of others are not. It must not keep the connection, wait, or write in any other way.
    /// </summary>
    /// <exception cref="DatabaseUnavailableException">The disk is full, read-only or broken: nothing of it is stored.</exception>
    public async Task<T> Write<T>(Func<DbConnection, T> write, CancellationToken cancel = default)
    {
        var operation = new Operation<T>(write);
        await _operations.Writer.WriteAsync(operation, cancel);
        // Once handed over it is carried out whatever the caller's token says: the answer tells the truth about what is stored.
        return await operation.Result;
    }

    public Task Write(Action<DbConnection> write, CancellationToken cancel = default) =>
        Write(connection => { write(connection); return true; }, cancel);

    /// <summary>Runs <paramref name="read"/> on a read-only connection, in one snapshot of the last commit.</summary>
    public T Read<T>(Func<DbConnection, T> read)
    {
        try
        {
            using var connection = new SqliteConnection(_readString);
            connection.Open();
            using var snapshot = connection.BeginTransaction(IsolationLevel.Serializable, deferred: true);
            return read(connection);
        }
        catch (SqliteException error) when (SqliteFailure.Of(error, Path) is { } failure)
        {
            throw failure;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_operations.Writer.TryComplete()) return;
        await _ended.Task;
        await _writer.DisposeAsync();
        using var any = new SqliteConnection(_readString);
        SqliteConnection.ClearPool(any);
    }

    void WriteUntilClosed()
    {
        var group = new List<Operation>(MaxGroup);
        while (_operations.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (group.Count < MaxGroup && _operations.Reader.TryRead(out var operation)) group.Add(operation);
            WriteTogether(group);
            group.Clear();
        }
        _ended.SetResult();
    }

    void WriteTogether(List<Operation> group)
    {
        try
        {
            _writer.Execute("BEGIN IMMEDIATE");
            foreach (var operation in group)
            {
                _writer.Execute("SAVEPOINT operation");
                operation.Run(_writer);
                // SQLite has then ended the transaction, and with it what the others of the group had done.
                if (operation.Error is { } error && SqliteFailure.Of(error, Path) is not null) throw error;
                _writer.Execute(operation.Failed ? "ROLLBACK TO operation; RELEASE operation" : "RELEASE operation");
            }
            _writer.Execute("COMMIT");
            foreach (var operation in group) operation.Complete();
        }
        catch (Exception broken)
        {
            // The commit itself failed (a full disk, a read-only file): nothing of the group is stored, and each caller must know.
            try
            {
                _writer.Execute("ROLLBACK");
            }
            catch (SqliteException)
            {
                // SQLite has rolled back by itself on some errors; then there is no transaction left to end.
            }
            var failure = SqliteFailure.Of(broken, Path) ?? broken;
            foreach (var operation in group) operation.Break(failure);
        }
    }

    abstract class Operation
    {
        public bool Failed => Error is not null;

        public Exception? Error { get; protected set; }

        public abstract void Run(DbConnection connection);

        public abstract void Complete();

        public abstract void Break(Exception error);
    }

    sealed class Operation<T>(Func<DbConnection, T> write) : Operation
    {
        readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        T? _value;

        public Task<T> Result => _result.Task;

        public override void Run(DbConnection connection)
        {
            try
            {
                _value = write(connection);
            }
            catch (Exception error)
            {
                Error = error;
            }
        }

        public override void Complete()
        {
            if (Error is null) _result.SetResult(_value!);
            else _result.SetException(Error);
        }

        // That its own statement failed too is then a consequence.
        public override void Break(Exception error) => _result.TrySetException(Error is null or DbException ? error : Error);
    }
}
