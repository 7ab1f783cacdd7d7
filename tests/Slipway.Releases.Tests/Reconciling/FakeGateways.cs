using Slipway.Model;

namespace Slipway.Releases.Tests.Reconciling;

/// <summary>
/// One gateway that acknowledges at once, unless it is away, or two of which the second lags behind; they report the traffic that they are told to have.
/// </summary>
sealed class FakeGateways : IGateways
{
    readonly List<(DateTimeOffset At, RouteTable Table, TaskCompletionSource Done)> _lagging = [];
    RouteTable _second = RouteTable.Empty;

    /// <summary>How long the second gateway takes to swap a table; null: there is only one.</summary>
    public TimeSpan? Lag { get; set; }

    public FakeTime? Time { get; set; }

    /// <summary>What each gateway serves by.</summary>
    public IReadOnlyList<RouteTable> Tables => Lag is null ? [Table] : [Table, _second];

    /// <summary>What a gateway has in flight, instead of <see cref="Traffic"/>.</summary>
    public Func<int, IReadOnlyList<InstanceTraffic>>? InFlight { get; set; }

    /// <summary>The second gateway swaps what the first one has had for a while: what was right then may have died since.</summary>
    public bool IsLate { get; private set; }

    public bool IsBusy => _lagging.Count > 0;

    public DateTimeOffset? NextEnd => _lagging.Count == 0 ? null : _lagging.Min(l => l.At);

    /// <summary>The second gateway swaps what it has had long enough.</summary>
    public void Tick()
    {
        while (_lagging.FirstOrDefault(l => l.At <= Time!.Now) is { Done: not null } due)
        {
            _lagging.Remove(due);
            IsLate = true;
            Second(due.Table);
            IsLate = false;
            if (!IsAway)
            {
                due.Done.TrySetResult();
                continue;
            }
            due.Done.TrySetException(new GatewayUnavailableException("No gateway answers at memory:."));
        }
    }

    /// <summary>Nobody waits for the calls under way any more; the gateway does what it was told.</summary>
    public void Abandon(Exception why)
    {
        foreach (var one in _lagging.ToList()) one.Done.TrySetException(why);
    }

    /// <summary>A gateway whose disk was lost: it serves nothing until it is given the table again.</summary>
    public void Lose()
    {
        Table = RouteTable.Empty;
        Session += "'";
        Crowd?.Forget();
    }

    void Second(RouteTable table)
    {
        if (table.Version <= _second.Version) return;
        _second = table;
        Swapped?.Invoke(table);
    }

    public bool IsAway { get; set; }

    public RouteTable Table { get; private set; } = RouteTable.Empty;

    public Dictionary<string, (int InFlight, int Upgraded)> Traffic { get; } = [];

    /// <summary>Open connections by instance.</summary>
    public Dictionary<string, int> Connections { get; } = [];

    /// <summary>What people ask of split routes; none, where nobody asks.</summary>
    public FakeCrowd? Crowd { get; set; }

    /// <summary>Another one is another gateway process, whose counters start at 0.</summary>
    public string Session { get; set; } = "one";

    /// <summary>When the process began.</summary>
    public DateTimeOffset Started { get; set; } = DateTimeOffset.UnixEpoch;

    public Action<string>? Before { get; set; }

    public Action<string>? After { get; set; }

    /// <summary>Seen with each table that differs from the one before.</summary>
    public Action<RouteTable>? Swapped { get; set; }

    public Task Publish(RouteTable table, CancellationToken cancel)
    {
        if (IsAway) throw new GatewayUnavailableException("No gateway answers at memory:.");
        Before?.Invoke("publish");
        table.Version.ShouldBeGreaterThanOrEqualTo(Table.Version);
        Crowd?.Ask(Table);
        var isNew = table.Version > Table.Version;
        Table = table;
        if (isNew) Swapped?.Invoke(table);
        After?.Invoke("publish");
        if (Lag is not { } lag) return Task.CompletedTask;
        if (lag <= TimeSpan.Zero)
        {
            Second(table);
            return Task.CompletedTask;
        }
        var done = new TaskCompletionSource();
        _lagging.Add((Time!.Now + lag, table, done));
        return done.Task;
    }

    public Task<IReadOnlyList<GatewayReport>> Report(CancellationToken cancel)
    {
        if (IsAway) throw new GatewayUnavailableException("No gateway answers at memory:.");
        Crowd?.Ask(Table);
        return Task.FromResult<IReadOnlyList<GatewayReport>>(
        [
            .. Tables.Select((table, gateway) => new GatewayReport
            {
                Session = gateway == 0 ? Session : "second",
                ProcessId = 1 + gateway,
                Started = Started,
                TableVersion = table.Version,
                Instances = InFlight?.Invoke(gateway) ??
                [
                    .. Traffic.Select(t => new InstanceTraffic { Instance = t.Key, InFlight = t.Value.InFlight, Upgraded = t.Value.Upgraded }),
                    .. Connections.Select(c => new InstanceTraffic { Instance = c.Key, InFlight = 0, Upgraded = 0, Connections = c.Value }),
                ],
                Releases = gateway == 0 ? Crowd?.Counted ?? [] : [],
            }),
        ]);
    }
}
