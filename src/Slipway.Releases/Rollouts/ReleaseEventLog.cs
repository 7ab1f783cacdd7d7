using System.Runtime.CompilerServices;
using Slipway.Model;
using Slipway.Releases.Storing;

namespace Slipway.Releases;

/// <summary>What happened to all apps' releases, in the order of commits: for those who follow it, and for whoever sends it on. Thread-safe.</summary>
public sealed class ReleaseEventLog
{
    const int Page = 500;

    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    readonly Database.Database _database;
    readonly TimeProvider _time;

    internal ReleaseEventLog(Database.Database database, TimeProvider time) => (_database, _time) = (database, time);

    /// <summary>The identifier of the newest event; 0 before the first.</summary>
    public long Last() => _database.Read(ReleaseEventRows.Last);

    /// <summary>The identifier from which on there are so many; one beyond the newest for none.</summary>
    public long FirstOfLast(int number, AppName? app) => _database.Read(db => ReleaseEventRows.FirstOfLast(db, number, app));

    /// <summary>From the identifier <paramref name="from"/> on, oldest first, at most so many.</summary>
    /// <param name="app">Only this one's, and the platform's.</param>
    public IReadOnlyList<ReleaseEvent> From(long from, AppName? app, int most) => _database.Read(db => ReleaseEventRows.From(db, from, app, most));

    /// <summary>As <see cref="From"/>, all there are; with <paramref name="follow"/> also those to come, until it is cancelled.</summary>
    public async IAsyncEnumerable<ReleaseEvent> Read(long from, AppName? app, bool follow, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            var events = From(from, app, Page);
            foreach (var happened in events) yield return happened;
            if (events.Count > 0) from = events[^1].Id + 1;
            if (events.Count == Page) continue;
            if (!follow) yield break;
            // By looking, because another server may be the one that writes.
            await Task.Delay(Look, _time, cancel);
        }
    }
}
