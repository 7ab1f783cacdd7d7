using System.Collections.Concurrent;
using System.Diagnostics;

namespace Slipway.Cli.Demo;

/// <summary>What the load saw between two moments of the demo. A request belongs to the phase in which it began. Thread-safe.</summary>
sealed class Phase(string name, long begun)
{
    readonly ConcurrentQueue<double> _milliseconds = new();
    readonly ConcurrentQueue<string> _failures = new();
    readonly ConcurrentDictionary<string, int> _versions = new();
    long _ended;

    public string Name => name;

    public long Begun => begun;

    public int Requests => _milliseconds.Count;

    public int Failed => _failures.Count;

    public IEnumerable<string> Failures => _failures;

    /// <summary>Versions of the guestbook that answered, and how often.</summary>
    public IReadOnlyDictionary<string, int> Versions => _versions;

    public TimeSpan Time => Stopwatch.GetElapsedTime(begun, _ended == 0 ? Stopwatch.GetTimestamp() : _ended);

    public void End(long at) => _ended = at;

    public void Answered(string version, double milliseconds)
    {
        _milliseconds.Enqueue(milliseconds);
        _versions.AddOrUpdate(version, 1, (_, count) => count + 1);
    }

    public void Broke(string failure, double milliseconds)
    {
        _milliseconds.Enqueue(milliseconds);
        _failures.Enqueue(failure);
    }

    /// <summary>The latency, in milliseconds, that the given share of the requests did not exceed; 0 without requests.</summary>
    public double Percentile(double share)
    {
        var sorted = _milliseconds.Order().ToArray();
        return sorted.Length == 0 ? 0 : sorted[(int)Math.Ceiling(share * sorted.Length) - 1];
    }
}
