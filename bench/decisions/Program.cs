// The processor time of the control loops while many canaries are at a step, with the judge as it comes (a verdict every 15 s over 60 s).
//
// Real: database (SQLite on the disk of the temporary folder), reconciler, judge, journal, all of it as the server composes it. Made here: the engine,
// which answers from memory, and the gateways' counts, which go through JSON as they do over the gateway's socket. All of that is in the process, so that
// its time is in the figure too; the gateway's own side of a report is not.
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Slipway.Bench.Decisions;
using Slipway.Database;
using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases;

static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;

var (apps, seconds, rounds) = (Setting("APPS", 1000), Setting("SECONDS_EACH", 60), Setting("ROUNDS", 3));
var folder = Directory.CreateTempSubdirectory("slipway-bench-").FullName;
try
{
    await using var database = Database.Open(Path.Combine(folder, "slipway.db"), ReleaseServices.Migrations);
    using var port = new OpenPort();
    var (engine, gateways) = (new MemoryEngine(), new CountingGateways());
    var builder = Host.CreateApplicationBuilder();
    builder.Logging.ClearProviders();
    builder.Services.AddSingleton(database).AddSingleton<IEngine>(engine).AddSingleton<IGateways>(gateways);
    builder.Services.AddReleases(new ReleaseOptions { DataFolder = folder, RegistryAddress = "127.0.0.1:8080", IsEngineHere = false });
    using var host = builder.Build();
    await host.StartAsync();
    var crowd = new Crowd(host.Services, apps, port.Number);

    var began = Stopwatch.GetTimestamp();
    await crowd.Deploy(1, RolloutState.Done);
    await crowd.Deploy(2, RolloutState.Shifting);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{apps} canaries are at their first step after {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s"));
    // A window reaches back 60 s: until then there is less to read than later.
    await Task.Delay(TimeSpan.FromSeconds(75));

    using var process = Process.GetCurrentProcess();
    for (var round = 1; round <= rounds; round++)
    {
        var (verdicts, reports, tables, observed) = (crowd.Verdicts(), gateways.Reports, gateways.Tables, engine.Observed);
        process.Refresh();
        var (busy, at) = (process.TotalProcessorTime, Stopwatch.GetTimestamp());
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        process.Refresh();
        var (spent, minutes) = (process.TotalProcessorTime - busy, Stopwatch.GetElapsedTime(at).TotalMinutes);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"round {round}: {spent.TotalSeconds / minutes:0.00} core-seconds a minute; a minute has {(crowd.Verdicts() - verdicts) / minutes:0} verdicts, {(engine.Observed - observed) / minutes:0} looks, {(gateways.Reports - reports) / minutes:0} reports, {(gateways.Tables - tables) / minutes:0} tables"));
    }
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"verdicts that passed: {crowd.Passed() * 100:0.#}%; memory: {Environment.WorkingSet >> 20} MiB"));
    await host.StopAsync();
}
finally
{
    Directory.Delete(folder, recursive: true);
}
