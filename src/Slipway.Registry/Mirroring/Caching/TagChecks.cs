using System.Collections.Concurrent;
using System.Globalization;
using Dapper;
using Slipway.Registry.Names;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Mirroring.Caching;

/// <summary>When each cached tag was last compared with its upstream. Stored, so that a restart does not ask for all of them again. Thread-safe.</summary>
sealed class TagChecks(Database.Database database, TimeProvider time)
{
    /// <summary>What is remembered without asking the database.</summary>
    const int MaxRemembered = 50_000;

    readonly ConcurrentDictionary<(RepositoryName, TagName), DateTimeOffset> _remembered = new();

    public bool IsFresh(RepositoryName repository, TagName tag, TimeSpan lifetime)
    {
        if (!_remembered.TryGetValue((repository, tag), out var checkedAt))
        {
            var text = database.Read(connection => connection.ExecuteScalar<string?>(
                "SELECT c.checked FROM registry_cache_tags c JOIN registry_repositories r ON r.id = c.repository_id WHERE r.name = @repository AND c.tag = @tag",
                new { repository = repository.Value, tag = tag.Value }));
            if (text is null) return false;
            checkedAt = DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
            Remember(repository, tag, checkedAt);
        }
        // A clock that was set back makes a tag old, not young for ever.
        var age = time.GetUtcNow() - checkedAt;
        return age >= TimeSpan.Zero && age < lifetime;
    }

    public async Task Note(RepositoryName repository, TagName tag)
    {
        var now = time.GetUtcNow();
        await database.Write(connection => connection.Execute(
            """
            INSERT INTO registry_cache_tags (repository_id, tag, checked) VALUES (@id, @tag, @now)
            ON CONFLICT (repository_id, tag) DO UPDATE SET checked = excluded.checked
            """,
            new { id = RepositoryRow.Ensure(connection, repository), tag = tag.Value, now = now.ToString("O", CultureInfo.InvariantCulture) }));
        Remember(repository, tag, now);
    }

    void Remember(RepositoryName repository, TagName tag, DateTimeOffset when)
    {
        if (_remembered.Count >= MaxRemembered) _remembered.Clear();
        _remembered[(repository, tag)] = when;
    }
}
