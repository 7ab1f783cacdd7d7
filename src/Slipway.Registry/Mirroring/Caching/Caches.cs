using System.Collections.Frozen;
using System.Globalization;
using Dapper;
using Microsoft.Extensions.Logging;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Mirroring.Client;
using Slipway.Registry.Names;
using Slipway.Registry.Secrets;

namespace Slipway.Registry.Mirroring.Caching;

/// <summary>The projects that are caches of other registries. Readers see one snapshot; a change makes the next. Thread-safe.</summary>
public sealed partial class Caches
{
    readonly Database.Database _database;
    readonly EventLog _events;
    readonly SecretBox _box;
    readonly TimeProvider _time;
    readonly ILogger<Caches> _log;
    readonly Lock _loading = new();
    volatile Snapshot _snapshot = new([], FrozenDictionary<string, Cache>.Empty);

    internal Caches(Database.Database database, EventLog events, SecretBox box, TimeProvider time, ILogger<Caches> log)
    {
        (_database, _events, _box, _time, _log) = (database, events, box, time, log);
        Reload();
    }

    /// <summary>All of them, by project, without their passwords.</summary>
    public IReadOnlyList<CacheSettings> List() => [.. Rows().Select(row => row.Settings())];

    /// <summary>Makes a project a cache, or changes the cache that it is. Without a password the stored one stays, as long as user and upstream do.</summary>
    /// <exception cref="InvalidInputException">Something in it is wrong.</exception>
    public async Task Set(CacheSettings settings, Caller caller, CancellationToken cancel = default)
    {
        if (settings.Check() is { Count: > 0 } wrong) throw new InvalidInputException(wrong);
        var upstream = RemoteRegistry.TryParse(settings.Upstream, out var parsed) ? parsed : throw new InvalidOperationException();
        var secret = settings.Password is { } password ? _box.Seal(password, Purpose(settings.Project)) : null;
        await _database.Write(
            connection =>
            {
                var known = connection.QuerySingleOrDefault<CacheRow>($"SELECT {CacheRow.Columns} FROM registry_caches WHERE project = @Project", new { settings.Project });
                // A stored password is only ever sent to the registry and as the user that it was given for.
                if (secret is null && known is not null && known.Upstream == upstream.ToString() && known.Username == settings.User) secret = known.Secret;
                connection.Execute(
                    """
                    INSERT INTO registry_caches (project, upstream, username, secret, tag_lifetime, allowed, allow_push, created)
                    VALUES (@Project, @upstream, @User, @secret, @lifetime, @allowed, @push, @created)
                    ON CONFLICT (project) DO UPDATE SET upstream = excluded.upstream, username = excluded.username, secret = excluded.secret,
                        tag_lifetime = excluded.tag_lifetime, allowed = excluded.allowed, allow_push = excluded.allow_push
                    """,
                    new
                    {
                        settings.Project,
                        upstream = upstream.ToString(),
                        settings.User,
                        secret,
                        lifetime = (long)settings.TagLifetime.TotalSeconds,
                        allowed = string.Join('\n', settings.Allowed),
                        push = settings.AllowPush ? 1 : 0,
                        created = _time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
                    });
                _events.Record(connection, caller, new RegistryEvent
                {
                    Action = known is null ? "create" : "change", Target = "cache", Repository = settings.Project,
                    Detail = $"of {upstream}{(settings.User is { } user ? $" as {user}" : "")}",
                });
            },
            cancel);
        Reload();
    }

    /// <summary>Ends a cache; its images stay, as those of an ordinary project. False where the project is none.</summary>
    public async Task<bool> Remove(string project, Caller caller, CancellationToken cancel = default)
    {
        var gone = await _database.Write(
            connection =>
            {
                if (connection.Execute("DELETE FROM registry_caches WHERE project = @project", new { project }) == 0) return false;
                _events.Record(connection, caller, new RegistryEvent { Action = "delete", Target = "cache", Repository = project });
                return true;
            },
            cancel);
        Reload();
        return gone;
    }

    /// <summary>The cache that a repository belongs to, or null. Costs nothing where there are no caches.</summary>
    internal Cache? For(RepositoryName repository)
    {
        var caches = _snapshot.ByProject;
        if (caches.Count == 0) return null;
        var name = repository.Value;
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && caches.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name.AsSpan(0, slash), out var cache) ? cache : null;
    }

    /// <summary>Takes up what has changed, also by another server. An upstream that has not changed keeps its client, tokens and all.</summary>
    internal void Reload()
    {
        lock (_loading)
        {
            var rows = Rows();
            var before = _snapshot;
            if (rows.SequenceEqual(before.Rows)) return;
            var caches = new Dictionary<string, Cache>(StringComparer.Ordinal);
            foreach (var row in rows)
            {
                if (before.ByProject.TryGetValue(row.Project, out var known) && before.Rows.Contains(row)) caches[row.Project] = known;
                else if (Open(row) is { } cache) caches[row.Project] = cache;
            }
            // Clients of before are not disposed of: requests may be using them, and they end with their last connection.
            _snapshot = new Snapshot(rows, caches.ToFrozenDictionary(StringComparer.Ordinal));
        }
    }

    Cache? Open(CacheRow row)
    {
        if (!RemoteRegistry.TryParse(row.Upstream, out var upstream)) return null;
        string? password = null;
        try
        {
            password = row.Secret is { } secret ? _box.Open(secret, Purpose(row.Project)) : null;
        }
        catch (InvalidDataException unreadable)
        {
            // Images that need no credential are still to be had, and those that we have.
            LogNoPassword(row.Project, unreadable.Message);
        }
        return new Cache(row.Settings(), upstream with { User = password is null ? null : row.Username, Password = password }, _time);
    }

    List<CacheRow> Rows() => _database.Read(connection => connection.Query<CacheRow>($"SELECT {CacheRow.Columns} FROM registry_caches ORDER BY project").ToList());

    static string Purpose(string project) => $"the cache '{project}'";

    [LoggerMessage(Level = LogLevel.Error, Message = "The cache '{Project}' asks its upstream anonymously: {Reason}")]
    partial void LogNoPassword(string project, string reason);

    sealed record Snapshot(IReadOnlyList<CacheRow> Rows, FrozenDictionary<string, Cache> ByProject);

    sealed record CacheRow
    {
        public const string Columns = "project, upstream, username, secret, tag_lifetime, allowed, allow_push";

        public string Project { get; init; } = "";

        public string Upstream { get; init; } = "";

        public string? Username { get; init; }

        public byte[]? Secret { get; init; }

        public long TagLifetime { get; init; }

        public string Allowed { get; init; } = "";

        public bool AllowPush { get; init; }

        public CacheSettings Settings() => new()
        {
            Project = Project,
            Upstream = Upstream,
            User = Username,
            TagLifetime = TimeSpan.FromSeconds(TagLifetime),
            Allowed = Allowed.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            AllowPush = AllowPush,
        };

        public bool Equals(CacheRow? other) => other is not null
            && (Project, Upstream, Username, TagLifetime, Allowed, AllowPush) == (other.Project, other.Upstream, other.Username, other.TagLifetime, other.Allowed, other.AllowPush)
            && (Secret ?? []).AsSpan().SequenceEqual(other.Secret ?? []);

        public override int GetHashCode() => Project.GetHashCode(StringComparison.Ordinal);
    }
}
