using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Slipway.Engines;
using Slipway.Model;

namespace Slipway.Server.Logs;

/// <summary>What an app's instances write, as one stream.</summary>
sealed partial class AppLogs(IEngine engine, TimeProvider time, ILogger<AppLogs> logger)
{
    static readonly TimeSpan LooksForNewOnes = TimeSpan.FromSeconds(1), QuietHoldsUp = TimeSpan.FromMilliseconds(200);

    /// <summary>Finds the instances at once, so that an engine that is away is an error and not an empty stream; then reads as the stream is read.</summary>
    /// <param name="service">Only this one's, or null for all.</param>
    /// <param name="query">The tail is that of each instance. While following, instances that come later are joined from their first line.</param>
    public async Task<IAsyncEnumerable<LogLine>> Read(AppName app, string? service, LogQuery query, CancellationToken cancel)
    {
        var instances = await Observe(app, service, cancel);
        return Merge(app, service, instances, query, cancel);
    }

    async IAsyncEnumerable<LogLine> Merge(AppName app, string? service, IReadOnlyList<Instance> instances, LogQuery query, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var merge = new LogMerge(query.Follow ? QuietHoldsUp : Timeout.InfiniteTimeSpan, time, ended.Token);
        var following = new Following();
        foreach (var instance in instances)
            if (following.Begins(instance))
                merge.Add(Lines(instance, query, following, ended.Token));

        var joining = Task.CompletedTask;
        if (query.Follow) joining = JoinLaterOnes(app, service, merge, following, ended.Token);
        else merge.Close();
        try
        {
            await foreach (var line in merge.Lines()) yield return line;
        }
        finally
        {
            await ended.CancelAsync();
            await joining.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task JoinLaterOnes(AppName app, string? service, LogMerge merge, Following following, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(LooksForNewOnes, time);
        while (await timer.WaitForNextTickAsync(cancel))
        {
            try
            {
                foreach (var instance in await Observe(app, service, cancel))
                    if (following.Begins(instance))
                        merge.Add(Lines(instance, new LogQuery { Follow = true, Since = following.After(instance) }, following, cancel));
            }
            catch (Exception away) when (away is EngineException or EngineUnavailableException)
            {
                LogAway(away, app);
            }
        }
    }

    /// <summary>One instance's lines. A stream that breaks while it is followed ends quietly and is taken up again after its last line.</summary>
    async IAsyncEnumerable<LogLine> Lines(Instance instance, LogQuery query, Following following, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var lines = engine.Logs(instance, query, cancel).GetAsyncEnumerator(cancel);
        while (true)
        {
            try
            {
                if (!await lines.MoveNextAsync()) yield break;
            }
            catch (EngineException gone) when (gone.Status == 404)
            {
                yield break;
            }
            catch (Exception broken) when (query.Follow && broken is EngineException or EngineUnavailableException or IOException)
            {
                LogAway(broken, instance.App);
                following.Breaks(instance);
                yield break;
            }
            following.Passes(instance, lines.Current);
            yield return lines.Current;
        }
    }

    async Task<IReadOnlyList<Instance>> Observe(AppName app, string? service, CancellationToken cancel)
    {
        var instances = await engine.Observe(app, cancel);
        return service is null ? instances : [.. instances.Where(instance => instance.Service == service)];
    }

    [LoggerMessage(LogLevel.Debug, "Following the logs of {App}: the engine is away")]
    partial void LogAway(Exception error, AppName app);

    /// <summary>Which instances are being read, and up to where those that broke off were.</summary>
    sealed class Following
    {
        readonly ConcurrentDictionary<string, bool> _reading = new();
        readonly ConcurrentDictionary<string, DateTimeOffset> _last = new();

        public bool Begins(Instance instance) => _reading.TryAdd(instance.Id, true);

        public void Passes(Instance instance, LogLine line) => _last[instance.Id] = line.Time;

        public void Breaks(Instance instance) => _reading.TryRemove(instance.Id, out _);

        /// <summary>Just after the last line that was passed on; null: from the first.</summary>
        public DateTimeOffset? After(Instance instance) => _last.TryGetValue(instance.Id, out var last) ? last.AddTicks(1) : null;
    }
}
