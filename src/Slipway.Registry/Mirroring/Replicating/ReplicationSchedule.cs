using System.Collections.Concurrent;
using System.Globalization;
using Dapper;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Slipway.Registry.Events;
using Slipway.Registry.GarbageCollection;

namespace Slipway.Registry.Mirroring.Replicating;

/// <summary>
/// Begins runs when they are due and when something was pushed, and carries out those that are begun, also those that another server has left.
/// A rule runs once at a time, whichever server does it.
/// </summary>
sealed partial class ReplicationSchedule(
    Database.Database database, Replications rules, Replicator replicator, UpkeepClaims claims, EventLog events, TimeProvider time, ILogger<ReplicationSchedule> log) : BackgroundService
{
    static readonly TimeSpan Period = TimeSpan.FromSeconds(2);
    const int EventsAtOnce = 1000;

    readonly ConcurrentDictionary<long, Task> _running = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                foreach (var rule in rules.Rows())
                {
                    await BeginIfDue(rule);
                    await BeginIfPushed(rule);
                    if (!_running.ContainsKey(rule.Id) && Waiting(rule) is { } run) _running[rule.Id] = Task.Run(() => Run(rule, run, stoppingToken), CancellationToken.None);
                }
                await rules.Wake.WaitAsync(Period, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error)
            {
                LogFailed(error);
                await Task.Delay(Period, stoppingToken).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
        await Task.WhenAll(_running.Values);
    }

    async Task Run(ReplicationRow rule, long run, CancellationToken cancel)
    {
        try
        {
            await using var claim = await claims.TryClaim("replication " + rule.Name);
            if (claim is not null) await replicator.Run(rule, run, claim, cancel);
        }
        catch (Exception bug)
        {
            LogFailed(bug);
        }
        finally
        {
            _running.TryRemove(rule.Id, out _);
        }
    }

    async Task BeginIfDue(ReplicationRow rule)
    {
        var now = time.GetUtcNow();
        if (rule.Due is not { } due || DateTimeOffset.Parse(due, CultureInfo.InvariantCulture) > now || Schedule.TryParse(rule.Schedule) is not { } schedule) return;
        var next = Replications.Text(schedule.Next(now));
        await database.Write(connection =>
        {
            // Of several servers the first one begins it.
            if (connection.Execute("UPDATE registry_replication_rules SET due = @next WHERE id = @Id AND due = @due", new { next, rule.Id, due }) > 0) rules.Begin(connection, rule.Id, "schedule", listed: false);
        });
    }

    async Task BeginIfPushed(ReplicationRow rule)
    {
        if (!rule.OnPush || events.After(rule.Event, EventsAtOnce) is not { Count: > 0 } happened) return;
        var (repositories, tags) = (NamePattern.TryParse(rule.Repository)!, NamePattern.TryParse(rule.Tag)!);
        var changed = happened
            .Where(one => one is { Repository: not null, Tag: not null } && (one.Action == "push" || (one is { Action: "delete", Target: "tag" } && rule.Deletions)) && repositories.Matches(one.Repository!) && tags.Matches(one.Tag!))
            .Select(one => (one.Repository, one.Tag, Action: one.Action == "push" ? "copy" : "remove"))
            .ToList();
        await database.Write(connection =>
        {
            // A run that goes on is waited for: what it has listed may be older than the push.
            if (changed.Count > 0 && connection.ExecuteScalar<long>("SELECT count(*) FROM registry_replication_runs WHERE rule_id = @Id AND state = 'running'", new { rule.Id }) > 0) return;
            if (connection.Execute("UPDATE registry_replication_rules SET event = @last WHERE id = @Id AND event = @Event", new { last = happened[^1].Id, rule.Id, rule.Event }) == 0 || changed.Count == 0) return;
            var run = rules.Begin(connection, rule.Id, "push", listed: true);
            foreach (var (repository, tag, action) in changed) Replicator.Add(connection, run, repository!, tag!, action);
        });
    }

    long? Waiting(ReplicationRow rule) => database.Read(connection => connection.ExecuteScalar<long?>("SELECT id FROM registry_replication_runs WHERE rule_id = @Id AND state = 'running' ORDER BY id LIMIT 1", new { rule.Id }));

    [LoggerMessage(Level = LogLevel.Error, Message = "Replication failed; tried again in a moment")]
    partial void LogFailed(Exception error);
}
