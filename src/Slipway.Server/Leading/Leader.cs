using Slipway.Database;

namespace Slipway.Server.Leading;

/// <summary>
/// Of several servers with the role control, one leads: the one that has the database's lock. The others stand by: they answer reads, and refuse what
/// only the leader can do (<see cref="StandBy"/>).
/// <code>
/// standing by ── has the lock ──► leading ── the lock is lost, or the database keeps silent ──► the process ends, and its watcher starts the next
/// </code>
/// It ends, rather than stand by again, because what the controllers have in memory and under way can't be taken back; another server has taken over by
/// then. The lock is asked for anew before the database would give it to another: a leader that was frozen for longer finds that out as its first act.
/// On a database that is not shared the one server leads from the start.
/// </summary>
sealed partial class Leader(Database.Database database, Led led, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Leader> log) : BackgroundService
{
    /// <summary>The bytes of "Slipway" and 2.</summary>
    const long Key = 0x536C_6970_7761_7902;

    static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    readonly List<IHostedService> _running = [];
    volatile bool _leads = !database.IsShared;

    public bool Leads => _leads;

    /// <summary>Whether it lost the lock: the process did not end in good order.</summary>
    public bool HasLost { get; private set; }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_leads) await StartLed(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        foreach (var service in Enumerable.Reverse(_running)) await service.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!database.IsShared) return;
        await Task.Yield();
        LogStandsBy(database.Name);
        using var lease = await Wait(stoppingToken);
        LogLeads(database.Name);
        _leads = true;
        await StartLed(stoppingToken);
        using var timer = new PeriodicTimer(Look, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (lease.IsHeld()) continue;
            (_leads, HasLost) = (false, true);
            LogLost(database.Name);
            lifetime.StopApplication();
            return;
        }
    }

    async Task<ServerLease> Wait(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                if (database.TryLease(Key) is { } lease) return lease;
            }
            catch (DatabaseUnavailableException away)
            {
                LogNotAsked(away.Message);
            }
            await Task.Delay(Look, time, cancel);
        }
    }

    async Task StartLed(CancellationToken cancel)
    {
        foreach (var make in led.Services)
        {
            var service = make();
            _running.Add(service);
            await service.StartAsync(cancel);
        }
    }

    [LoggerMessage(LogLevel.Information, "Standing by: another server may lead on {Database}")]
    partial void LogStandsBy(string database);

    [LoggerMessage(LogLevel.Information, "This server leads on {Database}")]
    partial void LogLeads(string database);

    [LoggerMessage(LogLevel.Critical, "This server leads no longer on {Database}, and ends")]
    partial void LogLost(string database);

    [LoggerMessage(LogLevel.Warning, "The lead can't be asked for: {Reason}")]
    partial void LogNotAsked(string reason);
}
