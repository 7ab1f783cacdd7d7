using System.Diagnostics;
using System.Globalization;
using Slipway.Cli.Supervising;
using Slipway.Engines.Docker;
using Slipway.Server.Data;

namespace Slipway.Cli.Installing;

/// <summary>Starts an installed Docker Engine: by systemd where that runs the machine, else dockerd itself in a session of its own.</summary>
sealed class EngineStarter(DataFolder folder, string dockerd, DockerClient client, TextWriter output, TimeProvider time)
{
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>Returns when it answers.</summary>
    /// <exception cref="CommandFailedException">It does not: with its last words.</exception>
    public async Task Start(CancellationToken cancel)
    {
        if (Directory.Exists("/run/systemd/system")) await StartUnit(cancel);
        else await StartProcess(cancel);
    }

    async Task StartUnit(CancellationToken cancel)
    {
        await output.WriteLineAsync("Starting the Docker Engine: systemctl enable --now docker");
        using var systemctl = Process.Start(new ProcessStartInfo("systemctl", ["enable", "--now", "docker"]) { RedirectStandardError = true })!;
        var said = await systemctl.StandardError.ReadToEndAsync(cancel);
        await systemctl.WaitForExitAsync(cancel);
        if (systemctl.ExitCode != 0) throw new CommandFailedException($"systemctl could not start the Docker Engine: {said.Trim()}\n'journalctl -u docker' says more.");
        if (!await Answers(() => true, cancel)) throw new CommandFailedException("systemd started docker, but nothing answers at its socket. 'journalctl -u docker' says more.");
    }

    internal async Task StartProcess(CancellationToken cancel)
    {
        var engine = Watched.Engine(folder);
        RemoveStalePidFile("/var/run/docker.pid");
        await output.WriteLineAsync($"Starting the Docker Engine: {dockerd} --live-restore; its log is {engine.Log}");
        var from = File.Exists(engine.Log) ? new FileInfo(engine.Log).Length : 0;
        using var process = Detached.Start(dockerd, ["--live-restore"], engine.Log);
        ProcessIdentity.Of(process.Id, ["--live-restore"])?.Write(engine.ProcessFile);
        if (await Answers(() => !process.HasExited, cancel)) return;
        var how = process.HasExited ? $"ended with exit code {process.ExitCode}" : $"does not answer after {Longest.TotalSeconds:0} s";
        throw new CommandFailedException($"The Docker Engine {how}. The last lines of {engine.Log}:\n{LogTail.Read(engine.Log, 15, from)}");
    }

    async Task<bool> Answers(Func<bool> isAlive, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (time.GetElapsedTime(begun) < Longest && isAlive())
        {
            if (await EngineInstaller.Ping(client, cancel) is null) return true;
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancel);
        }
        return false;
    }

    /// <summary>dockerd refuses to start while the file names any living process, and after a crash the number may be somebody else's.</summary>
    internal static void RemoveStalePidFile(string file)
    {
        if (!File.Exists(file)) return;
        if (!int.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var processId) || !IsDockerd(processId)) File.Delete(file);
    }

    static bool IsDockerd(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/comm").Trim() == "dockerd";
        }
        catch (IOException)
        {
            return false;
        }
    }
}
