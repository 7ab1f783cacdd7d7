using Slipway.Engines.Docker;
using Slipway.Model;
using Slipway.Server.Data;

namespace Slipway.Cli.Supervising;

/// <summary>Stops the processes of a data folder. The apps' instances run on: the engine keeps them.</summary>
sealed class Down(TextWriter output, TimeProvider time)
{
    /// <summary>The supervisor gives its two 35 s each.</summary>
    static readonly TimeSpan SupervisorGrace = TimeSpan.FromSeconds(75), Grace = TimeSpan.FromSeconds(35);

    /// <summary>Supervisor first, for it would start the others again; it stops them itself. What was left of a killed one's is stopped after it.</summary>
    /// <returns>Whether anything ran.</returns>
    public async Task<bool> StopProcesses(DataFolder folder, CancellationToken cancel)
    {
        var settings = UpSettings.Find(folder);
        var any = await Stop(Watched.Supervisor(folder), SupervisorGrace, cancel);
        any |= await Stop(Watched.Server(folder, settings), Grace, cancel);
        any |= await Stop(Watched.Gateway(folder, settings), Grace, cancel);
        return any;
    }

    /// <summary>The Docker Engine that 'slipway up' started; one that something else started is left alone.</summary>
    public async Task<bool> StopEngine(DataFolder folder, CancellationToken cancel) => await Stop(Watched.Engine(folder), Grace, cancel);

    /// <summary>
    /// Stops the apps' instances, with no server that would start them again. What is wanted stays stored: the server of the next 'slipway up' brings
    /// them back as they were.
    /// </summary>
    /// <param name="apps">Those of this data folder; the engine may run others' too.</param>
    /// <param name="engineAddress">DOCKER_HOST, or null for the local socket.</param>
    public async Task StopApps(IReadOnlyList<AppName> apps, string? engineAddress, CancellationToken cancel)
    {
        using var client = new DockerClient(engineAddress ?? "unix:///var/run/docker.sock");
        using var engine = new DockerEngine(client, _ => null);
        foreach (var app in apps)
        {
            var running = (await engine.Observe(app, cancel)).Where(instance => instance.State is not (InstanceState.Exited or InstanceState.Created)).ToList();
            if (running.Count == 0) continue;
            await output.WriteLineAsync($"Stopping {app} ({running.Count} {(running.Count == 1 ? "instance" : "instances")})");
            await Parallel.ForEachAsync(running, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancel },
                async (instance, token) => await engine.Stop(instance.Id, token));
        }
    }

    async Task<bool> Stop(Watched watched, TimeSpan grace, CancellationToken cancel)
    {
        if (watched.FindAlive() is not { } running)
        {
            File.Delete(watched.ProcessFile);
            return false;
        }
        await output.WriteLineAsync($"Stopping {watched.Name} (process {running.ProcessId})");
        await Detached.Stop(running, grace, time, cancel);
        File.Delete(watched.ProcessFile);
        return true;
    }
}
