using System.Collections.Concurrent;
using System.Threading.Channels;
using Slipway.Model;

namespace Slipway.Releases.Reconciling;

/// <summary>Wakes the loop of an app, the builder, and whoever waits for an app's end. A bell says "look", never what there is to see. Thread-safe.</summary>
sealed class Bells
{
    readonly ConcurrentDictionary<AppName, Channel<bool>> _apps = new();
    readonly ConcurrentDictionary<AppName, TaskCompletionSource> _ends = new();
    readonly Channel<bool> _builds = NewBell();

    /// <summary>Rung for apps that nobody may be looking after yet.</summary>
    public Channel<AppName> Any { get; } = Channel.CreateUnbounded<AppName>(new UnboundedChannelOptions { SingleReader = true });

    public void Ring(AppName app)
    {
        Of(app).Writer.TryWrite(true);
        Any.Writer.TryWrite(app);
    }

    /// <summary>As <see cref="Ring"/>, where somebody looks after the app already.</summary>
    public void Wake(AppName app) => Of(app).Writer.TryWrite(true);

    public void RingAll()
    {
        foreach (var bell in _apps.Values) bell.Writer.TryWrite(true);
    }

    public void RingBuilder() => _builds.Writer.TryWrite(true);

    public async Task WaitForBuild(CancellationToken cancel) => await _builds.Reader.ReadAsync(cancel);

    /// <summary>Waits until the app's bell rings or the time has come.</summary>
    /// <returns>True when it rang.</returns>
    public async Task<bool> Wait(AppName app, TimeSpan longest, TimeProvider time, CancellationToken cancel)
    {
        var bell = Of(app).Reader;
        if (bell.TryRead(out _)) return true;
        if (longest <= TimeSpan.Zero) return false;
        using var over = new CancellationTokenSource(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancel);
        try
        {
            await bell.ReadAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Ends when the app has been forgotten.</summary>
    public Task EndOf(AppName app) => _ends.GetOrAdd(app, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Ended(AppName app)
    {
        if (_ends.TryRemove(app, out var end)) end.TrySetResult();
    }

    Channel<bool> Of(AppName app) => _apps.GetOrAdd(app, _ => NewBell());

    static Channel<bool> NewBell() => Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
}
