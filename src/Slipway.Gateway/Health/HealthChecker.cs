using Microsoft.Extensions.Logging;

namespace Slipway.Gateway.Health;

/// <summary>
/// Asks the instances that the table wants checked, each in its own time. One loop for all of them, which sleeps until the next is due, and for good where
/// there are none. A probe that is under way when its instance goes ends by its time-out and is heard by nobody.
/// </summary>
sealed partial class HealthChecker(InstanceMemory memory, ILogger<HealthChecker> log) : IAsyncDisposable
{
    /// <summary>Rests at least so long, however many are due one after the other.</summary>
    const int ShortestRest = 20;

    readonly CancellationTokenSource _stop = new();
    readonly SemaphoreSlim _changed = new(0);
    readonly Probe _probe = new();
    volatile HealthWatch[] _watches = [];
    Task? _run;

    /// <summary>From now on these, which are distinct. By one table at a time.</summary>
    public void Watch(HealthWatch[] watches)
    {
        _watches = watches;
        if (watches.Length > 0) _run ??= Task.Run(Run);
        if (_run is not null) _changed.Release();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_run is not null) await _run;
        _probe.Dispose();
        _changed.Dispose();
        _stop.Dispose();
    }

    async Task Run()
    {
        try
        {
            while (true)
            {
                var (now, next) = (Environment.TickCount64, long.MaxValue);
                foreach (var watch in _watches)
                {
                    if (watch.IsAsking) continue;
                    if (watch.Due <= now)
                    {
                        watch.IsAsking = true;
                        watch.Due = now + (long)watch.Policy.Every.TotalMilliseconds;
                        _ = Ask(watch);
                    }
                    next = Math.Min(next, watch.Due);
                }
                await _changed.WaitAsync(next == long.MaxValue ? Timeout.Infinite : (int)Math.Clamp(next - now, ShortestRest, int.MaxValue), _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    async Task Ask(HealthWatch watch)
    {
        try
        {
            var fault = await _probe.Ask(watch, _stop.Token);
            if (!watch.Note(fault)) return;
            memory.Changed();
            if (fault is null) LogWell(watch.Instance.Id, watch.Owner);
            else LogIll(watch.Instance.Id, watch.Owner, fault);
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
        finally
        {
            watch.IsAsking = false;
            // Where all were being asked, the loop sleeps without a time.
            if (!_stop.IsCancellationRequested) _changed.Release();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Instance {Instance} of {Owner} fails its checks and gets no requests while others pass: {Fault}")]
    partial void LogIll(string instance, string owner, string fault);

    [LoggerMessage(Level = LogLevel.Information, Message = "Instance {Instance} of {Owner} passes its checks again")]
    partial void LogWell(string instance, string owner);
}
