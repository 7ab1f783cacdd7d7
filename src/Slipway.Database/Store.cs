using System.Data.Common;

namespace Slipway.Database;

/// <summary>
/// What a <see cref="Database"/> stands on: SQLite or PostgreSQL.
/// <para>
/// Lifecycle: <see cref="Open"/> once, then used until <see cref="Dispose"/>. Thread safety: <see cref="WriteTogether"/> is called by one thread;
/// <see cref="Read"/>, <see cref="TryLease"/> and <see cref="Closing"/> by any, at the same time.
/// </para>
/// </summary>
abstract class Store : IDisposable
{
    public abstract string Name { get; }

    /// <summary>Whether other servers may write to it too.</summary>
    public abstract bool IsShared { get; }

    /// <summary>Operations of one commit, at the most.</summary>
    public abstract int MaxGroup { get; }

    public abstract void Open(IReadOnlyList<MigrationSet> migrations);

    /// <summary>
    /// Runs the operations one after the other in one transaction beside which no other writes, and commits. An operation that failed is undone by
    /// itself. Each is run once at most. When this throws, nothing of the group is stored (but see <see cref="CommitUnknownException"/>).
    /// </summary>
    public abstract void WriteTogether(IReadOnlyList<Operation> group);

    public abstract T Read<T>(Func<DbConnection, T> read);

    public abstract DateTimeOffset Now(DbConnection connection);

    public abstract ServerLease? TryLease(long key);

    /// <summary>No more operations come; those that wait are carried out, but a database that is away is not waited for.</summary>
    public virtual void Closing()
    {
    }

    public abstract void Dispose();
}
