namespace Slipway.Registry.Verifying;

/// <summary>Keeps reading at so many bytes a second, on the average since it began; who slept does not catch up. For one caller at a time.</summary>
/// <param name="keepOn">Called at each spending: renews a claim.</param>
sealed class Pace(long bytesPerSecond, TimeProvider time, Func<Task> keepOn, CancellationToken cancel)
{
    static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(20);

    long _free = time.GetTimestamp();

    public async ValueTask Spend(int bytes)
    {
        await keepOn();
        var now = time.GetTimestamp();
        _free = Math.Max(_free, now) + (long)(bytes * (double)time.TimestampFrequency / bytesPerSecond);
        // Short waits are gathered: a timer is no good at them.
        if (time.GetElapsedTime(now, _free) is var wait && wait > Shortest) await Task.Delay(wait, time, cancel);
    }
}
