using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Slipway.Gateway.Control;
using Slipway.Gateway.Routing;

namespace Slipway.Gateway.Health;

/// <summary>
/// Which instances are left alone, on disk: a gateway that is started anew (killed, upgraded) must not give requests to those that the last one knew to be
/// ill until it has found that out again. Written beside the requests, moments after each change; not synced, for what a power cut takes is found out again.
/// </summary>
sealed partial class InstanceMemory(GatewayOptions options, ILogger<InstanceMemory> log) : IAsyncDisposable
{
    /// <summary>An instance that comes and goes writes no more often.</summary>
    static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(200);

    /// <summary>Ejections of a clock that was wrong meanwhile end all the same.</summary>
    static readonly TimeSpan LongestEjection = TimeSpan.FromHours(1);

    readonly CancellationTokenSource _stop = new();
    readonly SemaphoreSlim _changed = new(0);
    readonly Dictionary<(string Instance, string Address, string Path), string> _faults = [];
    readonly Dictionary<(string Instance, string Address), Ejection> _ejections = [];
    int _isChanged;
    Task? _run;

    /// <summary>What the last gateway knew. Before the first table.</summary>
    public void Load()
    {
        try
        {
            using var file = File.OpenRead(options.InstancesFile);
            var known = JsonSerializer.Deserialize(file, ControlJson.Default.Remembered) ?? new Remembered();
            foreach (var check in known.Unhealthy) _faults[(check.Instance, check.Address, check.Path)] = check.Reason;
            foreach (var ejection in known.Ejected) _ejections[(ejection.Instance, ejection.Address)] = ejection;
        }
        catch (FileNotFoundException)
        {
            // Nobody was ill.
        }
        catch (Exception broken) when (broken is JsonException or IOException or UnauthorizedAccessException)
        {
            LogUnread(options.InstancesFile, broken.Message);
        }
    }

    /// <summary>Why the instance failed its checks by that path when the last gateway ended; null: it did not, or nobody knows. Told once: then this gateway knows more.</summary>
    public string? TakeFault(InstanceState instance, string path) => _faults.Remove((instance.Id, instance.Address.ToString(), path), out var reason) ? reason : null;

    /// <summary>As above, of ejections.</summary>
    public void Restore(InstanceState instance)
    {
        if (!_ejections.Remove((instance.Id, instance.Address.ToString()), out var ejection)) return;
        var left = ejection.Until - TimeProvider.System.GetUtcNow();
        instance.Restore(ejection.Times, Environment.TickCount64 + (long)Math.Min(left.TotalMilliseconds, LongestEjection.TotalMilliseconds));
    }

    /// <summary>From now on what is thought of these is written whenever it changes.</summary>
    public void Keep(Switchboard switchboard, InstanceBook instances) => _run = Task.Run(() => Run(switchboard, instances));

    /// <summary>Something else is thought of an instance. Never waits.</summary>
    public void Changed()
    {
        if (Interlocked.Exchange(ref _isChanged, 1) == 0) _changed.Release();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_run is not null) await _run;
        _changed.Dispose();
        _stop.Dispose();
    }

    async Task Run(Switchboard switchboard, InstanceBook instances)
    {
        try
        {
            while (true)
            {
                await _changed.WaitAsync(_stop.Token);
                Save(switchboard, instances);
                await Task.Delay(Rest, TimeProvider.System, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            if (Volatile.Read(ref _isChanged) == 1) Save(switchboard, instances);
        }
    }

    void Save(Switchboard switchboard, InstanceBook instances)
    {
        // First, so that what changes while this is read is written by the next.
        Volatile.Write(ref _isChanged, 0);
        var (now, time) = (Environment.TickCount64, TimeProvider.System.GetUtcNow());
        var known = new Remembered
        {
            Unhealthy = [.. switchboard.Table.Watches.Where(w => w.Reason is not null).Select(w => new FailedCheck(w.Instance.Id, w.Instance.Address.ToString(), w.Policy.Path, w.Reason!))],
            Ejected = [.. instances.All().Where(i => i.Ejections > 0).Select(i => new Ejection(i.Id, i.Address.ToString(), i.Ejections, time + TimeSpan.FromMilliseconds(i.EjectedUntil - now)))],
        };
        try
        {
            var temporary = options.InstancesFile + ".new";
            using (var file = File.Create(temporary)) JsonSerializer.Serialize(file, known, ControlJson.Default.Remembered);
            File.Move(temporary, options.InstancesFile, overwrite: true);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            LogUnwritten(options.InstancesFile, failed.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} can't be read ({Reason}): which instances are ill is found out anew")]
    partial void LogUnread(string file, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} can't be written ({Reason}): the next gateway will not know which instances are ill")]
    partial void LogUnwritten(string file, string reason);
}
