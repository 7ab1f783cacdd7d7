using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using Dapper;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Slipway.Database;
using Slipway.Registry.Names;

namespace Slipway.Registry.Uploads;

/// <summary>
/// Which server adds to which upload, where several share the database: the next request of an upload may come to any of them.
/// <code>
/// free ── request begins ──► held by this server until now + hold ── renewed while the request lasts
///   ▲                              │                  └── not renewed: the server is dead, and another may take it
///   └──────── request ends ────────┘
/// </code>
/// The time is the database's own, so that the servers' clocks need not agree. A server that was asleep for longer than its hold finds that out by its
/// own clock before it writes another byte, and by the row before it makes a blob of it. Thread-safe.
/// </summary>
sealed partial class UploadHolds(Database.Database database, RegistryOptions options, ILogger<UploadHolds> log) : BackgroundService
{
    readonly string _server = Guid.NewGuid().ToString("D", CultureInfo.InvariantCulture);

    /// <summary>When the hold of each upload that this server has was last asked for and then given.</summary>
    readonly ConcurrentDictionary<Guid, long> _held = new();

    /// <summary>Takes hold of an upload of the repository for as long as a request lasts.</summary>
    public async Task<UploadHold> Take(RepositoryName repository, Guid id, CancellationToken cancel)
    {
        var asked = Stopwatch.GetTimestamp();
        var hold = await database.Write(
            connection =>
            {
                var row = connection.QuerySingleOrDefault<HoldRow>(
                    """
                    SELECT u.algorithm, u.holder, u.held_until
                    FROM registry_uploads u JOIN registry_repositories r ON r.id = u.repository_id WHERE u.id = @id AND r.name = @repository
                    """,
                    new { id = Text(id), repository = repository.Value });
                if (row is null) return new UploadHold(null, IsBusy: false);
                var now = database.Now(connection);
                if (row.Holder is not null && row.Holder != _server && string.CompareOrdinal(row.HeldUntil, Text(now)) > 0) return new UploadHold(null, IsBusy: true);
                connection.Execute("UPDATE registry_uploads SET holder = @_server, held_until = @until WHERE id = @id", new { id = Text(id), _server, until = Text(now + options.UploadHold) });
                return new UploadHold(row.Algorithm, IsBusy: false);
            },
            cancel);
        if (hold.Algorithm is not null) _held[id] = asked;
        return hold;
    }

    /// <summary>To be asked before anything of the upload is written.</summary>
    /// <exception cref="UploadLostException">The hold is old: another server may have the upload by now.</exception>
    public void Check(Guid id)
    {
        if (!_held.TryGetValue(id, out var asked) || Stopwatch.GetElapsedTime(asked) > options.UploadHold * 0.75) throw new UploadLostException();
    }

    /// <summary>Lets the next request have it, whichever server that comes to.</summary>
    public async Task Release(Guid id, bool hasEnded)
    {
        if (!_held.TryRemove(id, out _) || hasEnded) return;
        try
        {
            await database.Write(connection => connection.Execute("UPDATE registry_uploads SET holder = NULL WHERE id = @id AND holder = @_server", new { id = Text(id), _server }));
        }
        catch (DatabaseUnavailableException away)
        {
            // It ends by itself.
            LogNotReleased(id, away.Message);
        }
    }

    /// <summary>Removes an upload that nobody adds to. False where somebody does.</summary>
    public Task<bool> TakeAway(Guid id) => database.Write(connection => connection.Execute(
        "DELETE FROM registry_uploads WHERE id = @id AND (holder IS NULL OR held_until < @now)", new { id = Text(id), now = Text(database.Now(connection)) }) > 0);

    /// <summary>Ends an upload in the transaction that makes a blob of it. One without a row lived for a single request, and only here.</summary>
    /// <exception cref="UploadLostException">Another server has it.</exception>
    public void End(DbConnection connection, Guid id)
    {
        if (database.IsShared && connection.ExecuteScalar<string?>("SELECT holder FROM registry_uploads WHERE id = @id", new { id = Text(id) }) is { } holder && holder != _server)
            throw new UploadLostException();
        connection.Execute("DELETE FROM registry_uploads WHERE id = @id", new { id = Text(id) });
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!database.IsShared) return;
        using var timer = new PeriodicTimer(options.UploadHold / 4);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (_held.IsEmpty) continue;
            try
            {
                await Renew(stoppingToken);
            }
            catch (DatabaseUnavailableException away)
            {
                LogNotRenewed(away.Message);
            }
        }
    }

    async Task Renew(CancellationToken cancel)
    {
        var asked = Stopwatch.GetTimestamp();
        var renewed = await database.Write(
            connection => connection.Query<string>(
                "UPDATE registry_uploads SET held_until = @until WHERE holder = @_server RETURNING id",
                new { until = Text(database.Now(connection) + options.UploadHold), _server }).ToList(),
            cancel);
        foreach (var id in renewed.Select(Guid.Parse))
            if (_held.TryGetValue(id, out var before)) _held.TryUpdate(id, asked, before);
    }

    static string Text(Guid id) => id.ToString("D", CultureInfo.InvariantCulture);

    static string Text(DateTimeOffset moment) => moment.ToString("O", CultureInfo.InvariantCulture);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Upload {Id} could not be released; others can have it in a moment: {Reason}")]
    partial void LogNotReleased(Guid id, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Uploads under way could not be renewed: {Reason}")]
    partial void LogNotRenewed(string reason);

    sealed record HoldRow(string Algorithm, string? Holder, string? HeldUntil);
}

/// <param name="Algorithm">What the upload said it would close with; null where it is not had.</param>
/// <param name="IsBusy">Another server has it; else there is no such upload.</param>
readonly record struct UploadHold(string? Algorithm, bool IsBusy);

/// <summary>This server was away for too long, and another may have taken the upload over: the client asks for the offset and goes on.</summary>
sealed class UploadLostException() : Exception("The hold of the upload was lost: this server could not renew it in time.");
