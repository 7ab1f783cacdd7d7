using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Slipway.Model;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases;

/// <summary>
/// Leads every app to what is wanted of it: one loop for each app, side by side, woken by commands, by the engine's events and by time.
/// </summary>
public sealed partial class Reconciler : BackgroundService
{
    static readonly TimeSpan WatchPause = TimeSpan.FromSeconds(1);

    readonly LoopServices _services;
    readonly Dictionary<AppName, Task> _loops = [];

    internal Reconciler(LoopServices services) => _services = services;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Let the host finish its start: what follows may work for a while before it first waits.
        await Task.Yield();
        _services.Publisher.Poke();
        try
        {
            await Task.WhenAll(StartLoops(stoppingToken), Watch(stoppingToken), Republish(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(_loops.Values.Select(l => l.ContinueWith(_ => { }, TaskScheduler.Default)));
        }
    }

    async Task StartLoops(CancellationToken cancel)
    {
        foreach (var app in _services.Database.Read(ReleaseRows.Apps))
        {
            await EndJournals(app, cancel);
            Start(app, cancel);
        }
        await foreach (var app in _services.Bells.Any.Reader.ReadAllAsync(cancel))
            if ((!_loops.TryGetValue(app, out var loop) || loop.IsCompleted) && _services.Database.Read(db => ReleaseRows.HasApp(db, app))) Start(app, cancel);
    }

    /// <summary>A server that was killed between storing a rollout's end and writing it into the journal leaves its readers waiting.</summary>
    async Task EndJournals(AppName app, CancellationToken cancel)
    {
        // A deploy ends at most the rollout before it, so that only the last two can be concerned.
        foreach (var rollout in _services.Database.Read(db => ReleaseRows.Rollouts(db, app)).Take(2).Where(r => r.State.IsEnded))
        {
            var hasEnded = false;
            await foreach (var (_, happened) in _services.Journal.Read(rollout.Id, 0, follow: false, cancel))
                hasEnded |= happened is RolloutEvent.StateChanged { State.IsEnded: true };
            if (!hasEnded)
                _services.Journal.Append(rollout.Id, new RolloutEvent.StateChanged { Time = rollout.Changed, State = rollout.State, Release = rollout.Release, Message = rollout.Error });
        }
    }

    void Start(AppName app, CancellationToken cancel) => _loops[app] = Task.Run(async () =>
    {
        using var loop = new AppLoop(app, _services);
        await loop.Run(cancel);
    }, cancel);

    async Task Watch(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await foreach (var happened in _services.Engine.Watch(cancel)) _services.Bells.Ring(happened.App);
            }
            catch (Exception error) when (!cancel.IsCancellationRequested)
            {
                LogNotWatching(_services.Log, error.Message);
            }
            // The engine may have been away: everything may have changed meanwhile.
            _services.Bells.RingAll();
            await Task.Delay(WatchPause, _services.Time, cancel);
        }
    }

    async Task Republish(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(_services.ResyncEvery, _services.Time);
        while (await timer.WaitForNextTickAsync(cancel))
        {
            _services.Publisher.Republish();
            foreach (var app in _services.Database.Read(ReleaseRows.Apps)) _services.Bells.Any.Writer.TryWrite(app);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The engine's events broke off and are asked for again: {Reason}")]
    static partial void LogNotWatching(ILogger log, string reason);
}
