using System.Globalization;

namespace Slipway.Registry.Tests.Crashes;

/// <summary>One data folder, its clients, and a registry that is killed again and again.</summary>
sealed class CrashWorld : IDisposable
{
    const int Clients = 5;
    const int MostAcknowledged = 12;
    const int MostMilliseconds = 20;

    static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    readonly string _folder = Directory.CreateTempSubdirectory("slipway-crash-").FullName;
    readonly Random _random;
    readonly List<CrashClient> _clients;

    /// <param name="seed">Of everything that is chosen at random in this run.</param>
    /// <param name="number">Which of the run's worlds it is.</param>
    /// <param name="uploadsSurvive">Whether what was acknowledged of an unfinished upload must be there, as after a kill and unlike after a power cut.</param>
    public CrashWorld(int seed, int number, bool uploadsSurvive)
    {
        Seed = seed;
        seed += number;
        _random = new Random(seed);
        _clients = [.. Enumerable.Range(0, Clients).Select(number => new CrashClient(number, new Random(seed * 31 + number), Lease, uploadsSurvive))];
        Directory.CreateDirectory(Data);
    }

    public int Seed { get; }

    public string Data => Path.Combine(_folder, "data");

    public int Acknowledged => _clients.Sum(client => client.Acknowledged);

    /// <summary>By SLIPWAY_CRASH_SEED, to see again what was seen once; else another each time.</summary>
    public static int ChooseSeed() =>
        int.TryParse(Environment.GetEnvironmentVariable("SLIPWAY_CRASH_SEED"), CultureInfo.InvariantCulture, out var seed) ? seed : Random.Shared.Next(1_000_000);

    /// <summary>Starts the registry, looks whether all is there, lets the clients work for a moment, and kills it.</summary>
    /// <param name="round">How many there were before.</param>
    /// <param name="left">What the last kill left, for people.</param>
    /// <param name="environment">Of the process.</param>
    public async Task Round(int round, string left, params (string Name, string Value)[] environment)
    {
        var when = $"after kill {round} {left} (SLIPWAY_CRASH_SEED={Seed})";
        using var registry = await RegistryProcess.Start(Data, Lease, environment);
        await ShouldBeWhole(registry, when);
        var clients = Task.WhenAll(_clients.Select(client => client.WorkUntilItDies(registry.Http)));
        // So much is acknowledged, however slow the machine is, and then comes some moment.
        var enough = Acknowledged + _random.Next(MostAcknowledged);
        while (Acknowledged < enough && !clients.IsCompleted) await Task.Delay(1);
        await Task.WhenAny(Task.Delay(TimeSpan.FromMilliseconds(_random.Next(MostMilliseconds))), clients);
        registry.Kill();
        await clients;
    }

    /// <summary>After the last kill.</summary>
    public async Task End(string left, params (string Name, string Value)[] environment)
    {
        using var registry = await RegistryProcess.Start(Data, Lease, environment);
        await ShouldBeWhole(registry, $"at the end {left} (SLIPWAY_CRASH_SEED={Seed})");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    async Task ShouldBeWhole(RegistryProcess registry, string when)
    {
        await Task.WhenAll(_clients.Select(client => client.Check(registry.Http, when)));
        (await registry.Http.GetStringAsync("/verify")).ShouldBe("clean\n", when);
    }
}
