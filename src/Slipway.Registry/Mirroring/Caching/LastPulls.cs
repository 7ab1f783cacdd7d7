using System.Collections.Concurrent;
using System.Globalization;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Names;

namespace Slipway.Registry.Mirroring.Caching;

/// <summary>
/// When each manifest was last pulled, to the hour, for rules that expire what nobody uses. Noted in memory and written now and then, so that a pull
/// never waits for the disk; a kill loses a minute's worth. Thread-safe.
/// </summary>
sealed class LastPulls(Database.Database database, TimeProvider time)
{
    const int MaxRemembered = 100_000;

    readonly ConcurrentDictionary<(RepositoryName, Digest), long> _hours = new();
    readonly ConcurrentDictionary<(RepositoryName Repository, Digest Digest), long> _unwritten = new();

    public void Note(RepositoryName repository, Digest digest)
    {
        var hour = time.GetUtcNow().UtcTicks / TimeSpan.TicksPerHour;
        if (_hours.TryGetValue((repository, digest), out var known) && known == hour) return;
        if (_hours.Count >= MaxRemembered) _hours.Clear();
        _hours[(repository, digest)] = hour;
        _unwritten[(repository, digest)] = hour;
    }

    public async Task Write()
    {
        var batch = _unwritten.ToArray();
        if (batch.Length == 0) return;
        await database.Write(connection =>
        {
            foreach (var ((repository, digest), hour) in batch)
                connection.Execute(
                    """
                    INSERT INTO registry_last_pulls (repository_id, digest, pulled)
                    SELECT id, @digest, @pulled FROM registry_repositories WHERE name = @repository
                    ON CONFLICT (repository_id, digest) DO UPDATE SET pulled = excluded.pulled
                    """,
                    new { repository = repository.Value, digest = digest.Value, pulled = new DateTimeOffset(hour * TimeSpan.TicksPerHour, TimeSpan.Zero).ToString("O", CultureInfo.InvariantCulture) });
        });
        foreach (var entry in batch) _unwritten.TryRemove(entry);
    }
}
