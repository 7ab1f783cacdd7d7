using Slipway.Model;

namespace Slipway.Releases.Reconciling;

/// <summary>
/// The gateways' reports, asked for once by all loops that want them at about the same time: each holds the counts of every app, so that a thousand
/// canaries with a report each would be a million counts. Thread-safe.
/// </summary>
sealed class SharedReports(IGateways gateways, TimeProvider time)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    readonly Lock _lock = new();
    (DateTimeOffset At, Task<Counts> Counts)? _last;

    /// <summary>What the gateways have counted of one app.</summary>
    /// <param name="app">Whose counts.</param>
    /// <param name="age">At most so old.</param>
    /// <param name="version">Every gateway serves by this version of the table at least; one that does not is asked again.</param>
    /// <param name="cancel">Ends the waiting, not what others wait for too.</param>
    /// <returns>The counts and when they were asked for; null where no gateway answers.</returns>
    public async Task<(IReadOnlyList<GatewayReport> Reports, DateTimeOffset At)?> Of(AppName app, TimeSpan age, long version, CancellationToken cancel)
    {
        for (var isFresh = false; ; isFresh = true)
        {
            var (asked, at, isOwn) = Ask(isFresh ? TimeSpan.Zero : age);
            try
            {
                var counts = await asked.WaitAsync(cancel);
                // One that was asked for before the gateways had the newest routes says nothing about those.
                if (!isOwn && counts.TableVersion < version) continue;
                return (counts.Of(app), at);
            }
            catch (Exception error) when (error is GatewayUnavailableException or OperationCanceledException && !cancel.IsCancellationRequested)
            {
                return null;
            }
        }
    }

    (Task<Counts> Counts, DateTimeOffset At, bool IsOwn) Ask(TimeSpan age)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (_last is { } last && last.At + age > now && !last.Counts.IsFaulted && !last.Counts.IsCanceled) return (last.Counts, last.At, false);
            var counts = Fetch();
            _last = (now, counts);
            return (counts, now, true);
        }
    }

    async Task<Counts> Fetch()
    {
        using var limit = new CancellationTokenSource(Patience);
        return new Counts(await gateways.Report(limit.Token));
    }

    /// <summary>All reports, with an index: of a thousand apps each looks for its own.</summary>
    sealed class Counts(IReadOnlyList<GatewayReport> reports)
    {
        readonly IReadOnlyList<ILookup<AppName, ReleaseTraffic>> _apps = [.. reports.Select(report => report.Releases.ToLookup(traffic => traffic.App))];

        /// <summary>The lowest that a gateway serves by.</summary>
        public long TableVersion { get; } = reports.Select(report => report.TableVersion).DefaultIfEmpty(0).Min();

        public IReadOnlyList<GatewayReport> Of(AppName app) => [.. reports.Select((report, i) => report with { Releases = [.. _apps[i][app]] })];
    }
}
