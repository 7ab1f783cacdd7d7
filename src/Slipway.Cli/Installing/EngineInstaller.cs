using System.Diagnostics;
using Slipway.Cli.Supervising;
using Slipway.Engines;
using Slipway.Engines.Docker;
using Slipway.Server.Data;

namespace Slipway.Cli.Installing;

/// <summary>Sees to it that a Docker Engine answers: leaves a running one alone, else installs what is missing (Debian, Ubuntu) and starts it.</summary>
/// <param name="address">DOCKER_HOST, or null for the local socket, the only one where an engine is started.</param>
sealed class EngineInstaller(DataFolder folder, string? address, TextWriter output, TimeProvider time)
{
    const string Socket = "unix:///var/run/docker.sock";
    static readonly string[] Packages = ["docker.io", "iptables"];

    /// <returns>Whether it was started now.</returns>
    /// <exception cref="CommandFailedException">None answers and none can be started: says what to do.</exception>
    public async Task<bool> EnsureRunning(CancellationToken cancel)
    {
        using var client = new DockerClient(address ?? Socket);
        var silence = await Ping(client, cancel);
        if (silence is null) return false;

        if (address is not null && address != Socket)
            throw new CommandFailedException($"{silence}\nDOCKER_HOST names that engine; unset it to have one started on this machine.");
        if (!Environment.IsPrivilegedProcess)
            throw new CommandFailedException($"{silence}\nInstalling and starting one needs root: run 'sudo slipway engine start' once. If one runs already, this user needs access to its socket (group docker, or DOCKER_HOST).");
        if (FindDockerd() is null) await Install(cancel);
        var dockerd = FindDockerd() ?? throw new CommandFailedException("docker.io is installed, but there is no dockerd on the PATH, in /usr/sbin or in /usr/bin.");
        await new EngineStarter(folder, dockerd, client, output, time).Start(cancel);
        return true;
    }

    /// <summary>Null when it answers, else why not.</summary>
    internal static async Task<string?> Ping(DockerClient client, CancellationToken cancel)
    {
        try
        {
            await client.NegotiateVersion(cancel);
            return null;
        }
        catch (EngineUnavailableException away)
        {
            return away.Message;
        }
    }

    static string? FindDockerd() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Concat(["/usr/sbin", "/usr/bin", "/usr/local/bin"]).Select(place => Path.Combine(place, "dockerd")).FirstOrDefault(File.Exists);

    async Task Install(CancellationToken cancel)
    {
        if (!File.Exists("/usr/bin/apt-get"))
            throw new CommandFailedException("No Docker Engine is installed, and this is not Debian or Ubuntu (there is no apt-get). Install Docker Engine 20.10 or newer, start it, and run this again.");
        var log = Path.Combine(folder.Logs, "install.log");
        var from = File.Exists(log) ? new FileInfo(log).Length : 0;
        await output.WriteLineAsync($"No Docker Engine is installed: installing {string.Join(" and ", Packages)} with apt-get. This may take minutes; {log} has the details.");
        var install = (string[])["-y", "--no-install-recommends", "install", .. Packages];
        // The lists of a fresh machine are empty, and old ones name packages that are gone: then one update, and once more.
        if (await AptGet(install, log, cancel) == 0) return;
        await output.WriteLineAsync("Updating the package lists");
        if (await AptGet(["update"], log, cancel) == 0 && await AptGet(install, log, cancel) == 0) return;
        throw new CommandFailedException($"apt-get could not install {string.Join(" and ", Packages)}. The last lines of {log}:\n{LogTail.Read(log, 15, from)}");
    }

    static async Task<int> AptGet(string[] arguments, string log, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        foreach (var argument in (string[])["-c", """log=$1; shift; exec apt-get "$@" </dev/null >>"$log" 2>&1""", "sh", log, .. arguments]) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        // Not killed when interrupted: a half-configured package is worse than a minute's wait, and apt-get gets the terminal's Ctrl-C itself.
        await process.WaitForExitAsync(CancellationToken.None);
        cancel.ThrowIfCancellationRequested();
        return process.ExitCode;
    }
}
