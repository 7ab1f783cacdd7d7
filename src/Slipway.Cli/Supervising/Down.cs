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
