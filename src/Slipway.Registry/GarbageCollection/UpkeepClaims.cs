using System.Globalization;
using Dapper;

namespace Slipway.Registry.GarbageCollection;

/// <summary>
/// Work on the whole registry that one at a time does, of all requests and all servers: a row says who has it and until when. Who has it renews it;
/// when he dies it ends by itself. Thread-safe.
/// </summary>
sealed class UpkeepClaims(Database.Database database, RegistryOptions options, TimeProvider time)
{
    /// <summary>The claim, or null where somebody has it.</summary>
    public async Task<UpkeepClaim?> TryClaim(string name)
    {
        var holder = Guid.NewGuid().ToString("D", CultureInfo.InvariantCulture);
        var now = time.GetUtcNow();
        var claimed = await database.Write(connection => connection.Execute(
            """
            INSERT INTO registry_upkeep (name, holder, claimed_until, started) VALUES (@name, @holder, @until, @now)
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, claimed_until = excluded.claimed_until, started = excluded.started
            WHERE registry_upkeep.holder IS NULL OR registry_upkeep.claimed_until < @now
            """,
            new { name, holder, until = Text(now + options.Collection.Claim), now = Text(now) }) > 0);
        return claimed ? new UpkeepClaim(name, holder, database, options, time) : null;
    }

    public UpkeepRow? Find(string name) => database.Read(connection => connection.QuerySingleOrDefault<UpkeepRow>(
        "SELECT holder, claimed_until, started, ended, position, report FROM registry_upkeep WHERE name = @name", new { name }));

    internal static string Text(DateTimeOffset moment) => moment.ToString("O", CultureInfo.InvariantCulture);
}

/// <summary>Hold of one kind of work; disposing lets the next one have it. For one caller at a time.</summary>
sealed class UpkeepClaim(string name, string holder, Database.Database database, RegistryOptions options, TimeProvider time) : IAsyncDisposable
{
    DateTimeOffset _renewed = time.GetUtcNow();

    /// <summary>To be called often; writes seldom.</summary>
    /// <exception cref="InvalidOperationException">Somebody else has it by now: this process was asleep for longer than a claim lasts.</exception>
    public async Task Renew()
    {
        var now = time.GetUtcNow();
        if (now - _renewed < options.Collection.Claim / 4) return;
        if (!await Change("claimed_until = @until", new { name, holder, until = UpkeepClaims.Text(now + options.Collection.Claim) }))
            throw new InvalidOperationException($"The claim on '{name}' ended while the work went on, and somebody else has taken it over.");
        _renewed = now;
    }

    /// <summary>Notes that it came to its end.</summary>
    /// <param name="report">A JSON document, or null.</param>
    public Task End(string? report) => Change("ended = @now, report = @report, position = NULL", new { name, holder, now = UpkeepClaims.Text(time.GetUtcNow()), report });

    /// <summary>Notes how far it has come, for the next one to go on from.</summary>
    public Task NotePosition(string position) => Change("position = @position", new { name, holder, position });

    public async ValueTask DisposeAsync() => await Change("holder = NULL", new { name, holder });

    Task<bool> Change(string columns, object parameters) => database.Write(connection =>
        connection.Execute($"UPDATE registry_upkeep SET {columns} WHERE name = @name AND holder = @holder", parameters) > 0);
}

/// <summary>What is known of one kind of work.</summary>
sealed record UpkeepRow(string? Holder, string ClaimedUntil, string? Started, string? Ended, string? Position, string? Report);
