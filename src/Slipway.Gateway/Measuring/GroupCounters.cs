using System.Collections.Concurrent;
using Slipway.Model;

namespace Slipway.Gateway.Measuring;

/// <summary>What was counted of an experiment's requests, by groups of users: see <see cref="UserGroups"/>.</summary>
sealed class GroupCounters
{
    readonly long[] _requests = new long[UserGroups.Count];
    readonly ConcurrentDictionary<string, long[]> _goals = new();

    public void CountRequest(int group) => Interlocked.Increment(ref _requests[group]);

    public void CountGoal(string name, int group) => Interlocked.Increment(ref _goals.GetOrAdd(name, static _ => new long[UserGroups.Count])[group]);

    public UserGroups Read() => new() { Requests = Copy(_requests), Goals = _goals.ToDictionary(goal => goal.Key, goal => Copy(goal.Value)) };

    static IReadOnlyList<long> Copy(long[] counts) => [.. Enumerable.Range(0, counts.Length).Select(i => Volatile.Read(ref counts[i]))];
}
