using System.Globalization;
using Slipway.Model;
using Slipway.Releases.Governing;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases;

/// <summary>Freezes an app or the whole platform, and lifts it. Thread-safe.</summary>
public sealed class FreezeSwitch
{
    const int LongestReason = 500;

    readonly Database.Database _database;
    readonly Bells _bells;
    readonly TimeProvider _time;

    internal FreezeSwitch(Database.Database database, Bells bells, TimeProvider time) => (_database, _bells, _time) = (database, bells, time);

    /// <summary>The platform's freeze, where one is in force.</summary>
    public Freeze? Platform() => _database.Read(FreezeRows.Platform) is { } freeze && freeze.IsInForce(_time.GetUtcNow()) ? freeze : null;

    /// <summary>In place of the one that is there.</summary>
    /// <param name="app">Null: the whole platform.</param>
    /// <param name="until">Null: until somebody lifts it.</param>
    /// <exception cref="InvalidInputException">No reason, one that is too long, or an end that is past.</exception>
    /// <exception cref="NotFoundException">There is no such app.</exception>
    public async Task<Freeze> Freeze(AppName? app, string reason, DateTimeOffset? until, string? by, CancellationToken cancel)
    {
        var now = _time.GetUtcNow();
        Check(reason, until, now);
        var freeze = new Freeze { Since = now, Reason = reason.Trim(), By = by, Until = until?.ToUniversalTime(), Platform = app is null };
        await Store(app, freeze, new ReleaseEvent { Time = now, Type = ReleaseEvents.Frozen, App = app, By = by, Text = $"{freeze.Reason}{FreezeWords.Until(freeze)}" }, cancel);
        return freeze;
    }

    /// <param name="app">Null: the whole platform's.</param>
    /// <exception cref="ConflictException">There is none.</exception>
    /// <exception cref="NotFoundException">There is no such app.</exception>
    public Task Unfreeze(AppName? app, string? by, CancellationToken cancel) =>
        Store(app, null, new ReleaseEvent { Time = _time.GetUtcNow(), Type = ReleaseEvents.Unfrozen, App = app, By = by }, cancel);

    async Task Store(AppName? app, Freeze? freeze, ReleaseEvent happened, CancellationToken cancel)
    {
        await _database.Write(db =>
        {
            if (app is { } one && !ReleaseRows.HasApp(db, one)) throw new NotFoundException($"There is no app '{one}'.");
            var before = app is { } named ? FreezeRows.Of(db, named) : FreezeRows.Platform(db);
            if (freeze is null && (before is null || !before.IsInForce(happened.Time)))
                throw new ConflictException(app is { } name && FreezeRows.Platform(db) is { } platform && platform.IsInForce(happened.Time)
                    ? $"{name} itself is not frozen: {FreezeWords.Refusal(platform, name)}" : $"{(app is null ? "The platform" : app)} is not frozen.");
            FreezeRows.Set(db, app, freeze);
            ReleaseEventRows.Add(db, happened);
        }, cancel);
        if (app is { } rung) _bells.Ring(rung);
        else _bells.RingAll();
    }

    static void Check(string reason, DateTimeOffset? until, DateTimeOffset now)
    {
        var wrong = new List<Diagnostic>();
        if (string.IsNullOrWhiteSpace(reason))
            wrong.Add(new Diagnostic { Key = "reason", Message = "a freeze needs a reason, which those read who are refused", Expected = "a text, for example 'black friday'" });
        else if (reason.Length > LongestReason || reason.Any(char.IsControl))
            wrong.Add(new Diagnostic { Key = "reason", Message = "the reason does not fit into a message", Found = $"{reason.Length} characters", Expected = $"one line of at most {LongestReason} characters" });
        if (until <= now)
            wrong.Add(new Diagnostic { Key = "until", Message = "the end of the freeze is past", Found = until.Value.ToString("O", CultureInfo.InvariantCulture), Expected = "a time to come" });
        if (wrong.Count > 0) throw new InvalidInputException(wrong);
    }
}
