using Microsoft.Extensions.Logging;
using Slipway.Model;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Reconciling;

/// <summary>
/// The one publisher: gives the gateways the newest stored table, and knows which version they have acknowledged. What is stored is never
/// changed by it, so that killed at any point it just publishes again. Never keeps its caller waiting.
/// </summary>
sealed partial class RoutePublisher(Database.Database database, IGateways gateways, TimeProvider time, Bells bells, ILogger<RoutePublisher> log) : IDisposable
{
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    readonly Lock _lock = new();
    readonly CancellationTokenSource _ended = new();
    readonly StoredTable _stored = new(database);
    long _acknowledged = -1;
    bool _isRunning;
    bool _isWanted;
    bool _isForced;
    int _failures;
    DateTimeOffset _nextTry = DateTimeOffset.MinValue;

    /// <summary>The highest version that every gateway has acknowledged since this server started; -1 before the first.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>Why no gateway took the table last time, or null.</summary>
    public string? Trouble { get; private set; }

    /// <summary>When the next try is due; null when nothing is to be published.</summary>
    public DateTimeOffset? NextTry
    {
        get { lock (_lock) return _failures > 0 ? _nextTry : null; }
    }

    /// <summary>Publishes what is not acknowledged, unless that is going on or it is too early after a failure.</summary>
    public void Poke()
    {
        lock (_lock)
        {
            _isWanted = true;
            if (_isRunning || time.GetUtcNow() < _nextTry) return;
            _isRunning = true;
        }
        _ = PublishAll();
    }

    /// <summary>Lets the gateways have the table again though they acknowledged it: heals one that lost it.</summary>
    public void Republish()
    {
        lock (_lock) _isForced = true;
        Poke();
    }

    public void Dispose()
    {
        _ended.Cancel();
        _ended.Dispose();
    }

    async Task PublishAll()
    {
        try
        {
            while (true)
            {
                bool isForced;
                lock (_lock)
                {
                    if (!_isWanted)
                    {
                        _isRunning = false;
                        return;
                    }
                    (isForced, _isWanted) = (_isForced, false);
                }
                var (table, before) = (_stored.Newest(), Acknowledged);
                if (table.Version <= before && !isForced) continue;
                await gateways.Publish(table, _ended.Token);
                Interlocked.Exchange(ref _acknowledged, Math.Max(before, table.Version));
                lock (_lock) (_failures, Trouble, _isForced) = (0, null, false);
                // Only who waits for it: with a thousand apps each one's change would else be a thousand looks.
                if (before < 0) bells.RingAll();
                else foreach (var app in _stored.ChangedSince(before)) bells.Wake(app);
            }
        }
        catch (Exception error)
        {
            lock (_lock)
            {
                (_isRunning, _isWanted) = (false, true);
                _failures++;
                var wait = TimeSpan.FromMilliseconds(250) * Math.Pow(2, Math.Min(_failures - 1, 8));
                _nextTry = time.GetUtcNow() + (wait < Longest ? wait : Longest);
                Trouble = error.Message;
            }
            if (!_ended.IsCancellationRequested) LogTrouble(log, error.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The routes could not be published and are tried again: {Reason}")]
    static partial void LogTrouble(ILogger log, string reason);
}
