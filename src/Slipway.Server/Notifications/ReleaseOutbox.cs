using Dapper;
using Slipway.Releases;

namespace Slipway.Server.Notifications;

/// <summary>
/// From the log of release events, which is written in the transaction of what it tells of, to one stored delivery for each receiver and event. Position and
/// deliveries move in one transaction: none is lost, and none is there twice, wherever the server is killed.
/// </summary>
sealed class ReleaseOutbox(Database.Database database, ReleaseEventLog log)
{
    const int Page = 200;

    /// <summary>Deliveries that wait for one receiver; more stay in the log until these are sent.</summary>
    const int MostWaiting = 1000;

    public long Last() => log.Last();

    /// <summary>Takes what has happened for the receiver, a page of it.</summary>
    /// <param name="hook">As it is stored.</param>
    /// <param name="last">The newest event, read before.</param>
    /// <returns>Whether there may be more.</returns>
    public async Task<bool> Take(ReleaseWebhookRow hook, long last, CancellationToken cancel)
    {
        if (hook.Position >= last || hook.Ended || hook.Disabled is not null) return false;
        var events = log.From(hook.Position + 1, null, Page);
        var position = events.Count < Page ? Math.Max(last, events.Count == 0 ? 0 : events[^1].Id) : events[^1].Id;
        var wanted = events.Where(hook.Wants).ToList();
        if (wanted.Count > 0 && database.Read(db => DeliveryRow.Counts(db, hook.Id)).GetValueOrDefault(DeliveryRow.Waiting) >= MostWaiting) return false;
        await database.Write(
            db =>
            {
                if (db.Execute("UPDATE release_webhooks SET position = @position WHERE id = @Id AND position = @was", new { position, hook.Id, was = hook.Position }) == 0) return;
                foreach (var happened in wanted) DeliveryRow.Add(db, hook.Id, happened);
            },
            cancel);
        return events.Count == Page;
    }

    /// <summary>Takes all there is by now.</summary>
    public async Task TakeAll(long hook, CancellationToken cancel)
    {
        while (database.Read(db => ReleaseWebhookRow.Find(db, hook)) is { } row && await Take(row, Last(), cancel))
        {
        }
    }
}
