using System.Data.Common;
using System.Threading.Channels;

namespace Slipway.Database;

/// <summary>
/// The one database of a server: SQLite in the data folder, or a PostgreSQL that several servers share. What was committed survives a power cut.
/// <para>
/// All writes of a server go through one writer, which commits together whatever is waiting (group commit): under load many writes share one flush
/// of the disk. No two writes ever run at the same time, whichever servers they come from. Reads run beside them on their own connections and see
/// the last commit.
/// </para>
/// Thread-safe.
/// </summary>
public sealed class Database : IAsyncDisposable
{
    readonly Store _store;
    readonly Channel<Operation> _operations = Channel.CreateBounded<Operation>(new BoundedChannelOptions(4096) { SingleReader = true });
    readonly Thread _thread;
    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    Database(Store store)
    {
        _store = store;
        _thread = new Thread(WriteUntilClosed) { IsBackground = true, Name = "database writer" };
        _thread.Start();
    }

    /// <summary>What people are shown: the file's path, or postgres://user@host:port/database. Never a password.</summary>
    public string Name => _store.Name;

    /// <summary>Whether other servers may be writing to it: then nothing that was read is true for longer than a <see cref="Read"/>.</summary>
    public bool IsShared => _store.IsShared;

    /// <summary>Opens or makes the file and brings it up to date with each component's migrations.</summary>
    /// <exception cref="InvalidDataException">The file was written by a newer Slipway.</exception>
    public static Database Open(string path, params IReadOnlyList<MigrationSet> migrations) => Open(DatabaseAddress.File(path), migrations);

    /// <summary>Opens the database and brings it up to date with each component's migrations. Several servers may do so at once.</summary>
    /// <exception cref="InvalidDataException">It was written by a newer Slipway.</exception>
    /// <exception cref="DatabaseUnavailableException">It can't be reached, or does not let this user in.</exception>
    public static Database Open(DatabaseAddress address, params IReadOnlyList<MigrationSet> migrations) => Open(address, ServerLease.Silence, migrations);

    /// <param name="address">Where it is.</param>
    /// <param name="silence">How long a server may keep silent in the middle of a write, or with a lease, before others go on without it.</param>
    /// <param name="migrations">Of each component.</param>
    internal static Database Open(DatabaseAddress address, TimeSpan silence, IReadOnlyList<MigrationSet> migrations)
    {
        DapperRules.Set();
        Store store = address.Path is { } path ? new SqliteStore(path) : new PostgresStore(address, silence);
        try
        {
            store.Open(migrations);
            return new Database(store);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Runs <paramref name="write"/> in a transaction and returns when it is durable. When it throws, its own changes are undone,
    /// those of others are not. It is run once at most. It must not keep the connection, wait, or write in any other way.
    /// </summary>
    /// <exception cref="DatabaseUnavailableException">The database is away: nothing of it is stored.</exception>
    /// <exception cref="CommitUnknownException">The database went away during the commit: all of it is stored, or nothing.</exception>
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
    /// <exception cref="DatabaseUnavailableException">The database is away.</exception>
    public T Read<T>(Func<DbConnection, T> read) => _store.Read(read);

    /// <summary>The one time of all servers that share the database, for claims that end by themselves. In UTC.</summary>
    public DateTimeOffset Now(DbConnection connection) => _store.Now(connection);

    /// <summary>
    /// Takes a lock that one server at a time can have, and that ends with its process however that ends; null where another server has it.
    /// Always had at once where the database is not shared.
    /// </summary>
    /// <exception cref="DatabaseUnavailableException">The database is away.</exception>
    public ServerLease? TryLease(long key) => _store.TryLease(key);

    public async ValueTask DisposeAsync()
    {
        if (!_operations.Writer.TryComplete()) return;
        _store.Closing();
        await _ended.Task;
        _store.Dispose();
    }

    void WriteUntilClosed()
    {
        var group = new List<Operation>(_store.MaxGroup);
        while (_operations.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (group.Count < _store.MaxGroup && _operations.Reader.TryRead(out var operation)) group.Add(operation);
            try
            {
                _store.WriteTogether(group);
                foreach (var operation in group) operation.Complete();
            }
            catch (Exception broken)
            {
                // Nothing of the group is stored, or nobody knows: each caller must be told.
                foreach (var operation in group) operation.Break(broken);
            }
            group.Clear();
        }
        _ended.SetResult();
    }
}
