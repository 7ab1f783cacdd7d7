using System.Collections.Frozen;
using Dapper;
using Slipway.Registry.Names;

namespace Slipway.Registry.Auth;

/// <summary>
/// Which projects everybody may pull from. Held in memory; a change on this server is seen at once, one on another server within <see cref="Holds"/>. Thread-safe.
/// </summary>
sealed class PublicProjects(Database.Database database, TimeProvider time)
{
    static readonly TimeSpan Holds = TimeSpan.FromSeconds(2);

    FrozenSet<string>? _names;
    long _read, _changes;

    public bool Contains(RepositoryName repository)
    {
        var names = Names();
        if (names.Count == 0) return false;
        var value = repository.Value.AsSpan();
        var slash = value.IndexOf('/');
        return names.GetAlternateLookup<ReadOnlySpan<char>>().Contains(slash < 0 ? value : value[..slash]);
    }

    public void Forget()
    {
        Interlocked.Increment(ref _changes);
        Volatile.Write(ref _names, null);
    }

    FrozenSet<string> Names()
    {
        if (Volatile.Read(ref _names) is { } known && (!database.IsShared || time.GetElapsedTime(Volatile.Read(ref _read)) < Holds)) return known;
        var before = Interlocked.Read(ref _changes);
        Volatile.Write(ref _read, time.GetTimestamp());
        var names = database.Read(connection => connection.Query<string>("SELECT name FROM registry_projects WHERE public = 1")).ToFrozenSet(StringComparer.Ordinal);
        Volatile.Write(ref _names, names);
        // What was read before a change must not be remembered after it.
        if (Interlocked.Read(ref _changes) != before) Volatile.Write(ref _names, null);
        return names;
    }
}
