using Microsoft.Extensions.Logging.Abstractions;
using Slipway.Contracts;
using Slipway.Model;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Tests.Reconciling;

/// <summary>The server dies: nothing behind this point is done by it.</summary>
sealed class ServerDied : Exception;

/// <summary>
/// One machine for tests: a real database and journal in a folder of its own, an engine and a gateway in memory, a clock that stands still, and a
/// server that can be killed and started anew. The reconciler is driven pass by pass, so that each run is the same.
/// What must always hold is checked at every effect: see <see cref="Watchdog"/>.
/// </summary>
sealed class World : IAsyncDisposable
{
    // In memory where there is such a folder: hundreds of worlds are made, and none of them survives a power cut.
    readonly string _folder = Directory.Exists("/dev/shm")
        ? Directory.CreateDirectory($"/dev/shm/slipway-test-{Guid.NewGuid():N}").FullName
        : Directory.CreateTempSubdirectory("slipway-test-").FullName;
    readonly TestDatabase _place;
    readonly Database.Database _database;
    readonly Dictionary<AppName, AppLoop> _loops = [];
    RoutePublisher _publisher = null!;
    Observations _observations = null!;
    LoopServices _services = null!;
    int _crashIn = -1;

    public World()
    {
        _place = TestDatabase.In(_folder);
        _database = Database.Database.Open(_place.Address, ReleaseServices.Migrations);
        Engine = new FakeEngine(Time) { Before = Count, After = Count };
        Gateways = new FakeGateways { Before = Count, After = Count, Time = Time };
        Journal = new RolloutJournal(Path.Combine(_folder, "rollouts"));
        Watchdog = new Watchdog(this);
        StartServer();
    }

    public FakeTime Time { get; } = new();

    public FakeEngine Engine { get; }

    public FakeGateways Gateways { get; }

    public RolloutJournal Journal { get; }

    public Watchdog Watchdog { get; }

    public Rollouts Rollouts { get; private set; } = null!;

    public ReleaseQueries Queries { get; private set; } = null!;

    public Previews Previews { get; private set; } = null!;

    public FreezeSwitch Freezes { get; private set; } = null!;

    public ApprovalSwitch Approvals { get; private set; } = null!;

    public ReleaseEventLog Events { get; private set; } = null!;

    public MaintenanceSwitch Maintenance { get; private set; } = null!;

    public DeployPlans Plans { get; private set; } = null!;

    public CanaryQueries Canaries { get; private set; } = null!;

    /// <summary>Instances that answer no probe.</summary>
    public Func<Instance, bool> Silent { get; set; } = _ => false;

    /// <summary>Instances that stopped answering probes, which a server finds out only by and by.</summary>
    public HashSet<string> Sick { get; } = [];

    public string Folder => _folder;

    public Database.Database Store => _database;

    /// <summary>What the machine's programs listen on.</summary>
    public Func<MachinePorts> Ports { get; set; } = () => MachinePorts.Unknown;

    /// <summary>Told each turn, for finding out why a test fails.</summary>
    public Action<string>? Trace { get; set; }

    public StoredApp? Stored(AppName app) => _database.Read(db => ReleaseRows.Load(db, app));

    public int WindowsStored(Rollout rollout) => _database.Read(db => CanaryRows.Windows(db, rollout.Id).Count);

    /// <summary>The server dies at the n-th moment before or after an effect, counted from now.</summary>
    public void CrashAfter(int moments) => _crashIn = moments;

    public bool HasCrashed { get; private set; }

    public void StartServer()
    {
        foreach (var loop in _loops.Values) loop.Dispose();
        _loops.Clear();
        (HasCrashed, _crashIn) = (true, -1);
        Engine.Abandon(new ServerDied());
        Gateways.Abandon(new ServerDied());
        HasCrashed = false;
        var bells = new Bells();
        _publisher = new RoutePublisher(_database, Gateways, Time, bells, NullLogger<RoutePublisher>.Instance);
        _observations = new Observations();
        _services = new LoopServices
        {
            Database = _database,
            Engine = Engine,
            Reports = new SharedReports(Gateways, Time),
            Publisher = _publisher,
            Transitions = new Transitions(_database, Time),
            Journal = Journal,
            Observations = _observations,
            Bells = bells,
            Probe = Answer,
            Time = Time,
            Log = NullLogger.Instance,
            RegistryAddress = "127.0.0.1:8080",
            ResyncEvery = TimeSpan.FromSeconds(30),
        };
        Rollouts = new Rollouts(_database, Journal, new GrantedFiles(Path.Combine(_folder, "files")), bells, Time, () => Ports());
        Previews = new Previews(_database, Rollouts, bells, Time);
        Queries = new ReleaseQueries(_database, _observations, new ReleaseOptions { DataFolder = _folder, RegistryAddress = "127.0.0.1:8080" }, Time);
        Freezes = new FreezeSwitch(_database, bells, Time);
        Approvals = new ApprovalSwitch(_database, bells, Time);
        Events = new ReleaseEventLog(_database, Time);
        Plans = new DeployPlans(_database, new GrantedFiles(Path.Combine(_folder, "files")), Time, () => Ports());
        Maintenance = new MaintenanceSwitch(_database, _publisher, bells, Time);
        Canaries = new CanaryQueries(_database, _observations, Queries, Gateways, Time);
    }

    /// <summary>Asks for an app's removal, and returns when that is stored: the world's time does not wait for the disk.</summary>
    /// <returns>Ends when the app is gone.</returns>
    public async Task<Task> BeginRemoval(AppName app, bool volumes)
    {
        var removal = Rollouts.Remove(app, volumes, TestContext.Current.CancellationToken);
        while (!removal.IsCompleted && !Rollouts.Removals().Contains(app)) await Task.Delay(1, TestContext.Current.CancellationToken);
        return removal;
    }

    /// <summary>Whether the last turn did anything.</summary>
    public bool HasActed { get; private set; }

    /// <summary>Gives the gateways the table again, as the reconciler does from time to time.</summary>
    public void Republish() => _publisher.Republish();

    public T Read<T>(Func<System.Data.Common.DbConnection, T> read) => _database.Read(read);

    /// <summary>Lets the reconciler work, and time go on when there is nothing else to wait for, until the condition holds.</summary>
    public async Task Until(Func<bool> condition, string what, int passes = 600)
    {
        for (var i = 0; i < passes && !HasCrashed; i++)
        {
            if (condition()) return;
            await Turn();
        }
        if (!HasCrashed) throw new TimeoutException($"Not reached in {passes} passes: {what}. {Describe()}");
    }

    /// <summary>Runs for so much of the world's time.</summary>
    public async Task For(TimeSpan duration)
    {
        var end = Time.Now + duration;
        for (var i = 0; i < 5000 && Time.Now < end && !HasCrashed; i++) await Turn(end);
    }

    /// <summary>One pass of every app; when none did anything, time goes on to the next moment at which there is something to do.</summary>
    public async Task Turn(DateTimeOffset? latest = null)
    {
        Gateways.Tick();
        Engine.Tick();
        if (HasCrashed) return;
        var (acted, next) = (false, Time.Now + TimeSpan.FromSeconds(30));
        foreach (var end in (DateTimeOffset?[])[Gateways.NextEnd, Engine.NextEnd])
            if (end < next) next = end.Value;
        foreach (var app in _database.Read(ReleaseRows.Apps))
        {
            if (!_loops.TryGetValue(app, out var loop)) _loops[app] = loop = new AppLoop(app, _services);
            try
            {
                var pass = await loop.Pass(TestContext.Current.CancellationToken);
                acted |= pass.Acted;
                if (pass.Next < next) next = pass.Next.Value;
            }
            catch (ServerDied)
            {
                return;
            }
            catch (Engines.EngineUnavailableException)
            {
                next = Time.Now + TimeSpan.FromSeconds(1);
            }
            if (HasCrashed) return;
            if (loop.Probe() is { } probe && probe < next) next = probe;
        }
        Watchdog.Violation.ShouldBeNull();
        Trace?.Invoke($"{Time.Now:mm:ss.fff} acted {acted} next {next:mm:ss.fff} {Describe()}");
        HasActed = acted;
        if (acted) return;
        Time.MoveTo(latest is { } most && most < next ? most : next > Time.Now ? next : Time.Now + TimeSpan.FromMilliseconds(100));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var loop in _loops.Values) loop.Dispose();
        _publisher.Dispose();
        await _database.DisposeAsync();
        _place.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    public string Describe() => string.Join("; ", _database.Read(ReleaseRows.Apps).Select(app => Stored(app)!).Select(s =>
        $"{s.App} live {s.Live} holder {s.Holder} rollout {s.Rollout?.State} step {s.Rollout?.Step} slots [{string.Join(", ", s.Slots.Select(x => $"{x.Slot} v{x.Release.Number} {x.Standing} {x.Leaving}"))}]"))
        + " instances " + string.Join(", ", Engine.All.Select(i => $"{i.Name}({i.Id}) {i.State} {i.ExitCode}"));

    Task<bool> Answer(ProbeTarget target, CancellationToken cancel) =>
        Task.FromResult(Engine.All.FirstOrDefault(i => i.Id == target.Instance) is { State: InstanceState.Running } instance && !Silent(instance) && !Sick.Contains(instance.Id));

    void Count(string effect)
    {
        if (HasCrashed) throw new ServerDied();
        if (_crashIn < 0 || _crashIn-- > 0) return;
        HasCrashed = true;
        throw new ServerDied();
    }
}
