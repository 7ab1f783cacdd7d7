using Slipway.Model;

namespace Slipway.Releases.Tests.Reconciling;

/// <summary>One gateway that acknowledges at once, unless it is away; reports the traffic that it is told to have.</summary>
sealed class FakeGateways : IGateways
{
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
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<GatewayReport>> Report(CancellationToken cancel)
    {
        if (IsAway) throw new GatewayUnavailableException("No gateway answers at memory:.");
        Crowd?.Ask(Table);
        return Task.FromResult<IReadOnlyList<GatewayReport>>(
        [
            new GatewayReport
            {
                Session = Session,
                ProcessId = 1,
                Started = Started,
                TableVersion = Table.Version,
                Instances =
                [
                    .. Traffic.Select(t => new InstanceTraffic { Instance = t.Key, InFlight = t.Value.InFlight, Upgraded = t.Value.Upgraded }),
                    .. Connections.Select(c => new InstanceTraffic { Instance = c.Key, InFlight = 0, Upgraded = 0, Connections = c.Value }),
                ],
                Releases = Crowd?.Counted ?? [],
            },
        ]);
    }
}
