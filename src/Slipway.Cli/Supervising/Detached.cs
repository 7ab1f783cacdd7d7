using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Slipway.Cli.Supervising;

/// <summary>Processes that outlive the one that starts them: in a session of their own, reading nothing, writing to a log.</summary>
static partial class Detached
{
    public const int SigTerm = 15, SigKill = 9;

    /// <summary>
    /// Starts it. setsid(1) and exec keep the process's number, so that the returned one is the program's own. The log is opened for appending
    /// by the child itself: no pipe leads to this process, and its death is not noticed.
    /// </summary>
    public static Process Start(string executable, IReadOnlyList<string> arguments, string log)
    {
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, WorkingDirectory = "/" };
        foreach (var argument in (string[])["-c", """log=$1; shift; exec setsid "$@" </dev/null >>"$log" 2>&1""", "sh", log, executable, .. arguments])
            start.ArgumentList.Add(argument);
        return Process.Start(start) ?? throw new InvalidOperationException($"{executable} was not started.");
    }

    /// <summary>SIGTERM, and SIGKILL when the grace is over. Returns when it has ended.</summary>
    public static async Task Stop(ProcessIdentity process, TimeSpan grace, TimeProvider time, CancellationToken cancel)
    {
        if (!process.IsAlive) return;
        _ = Kill(process.ProcessId, SigTerm);
        var begun = time.GetTimestamp();
        while (process.IsAlive)
        {
            if (time.GetElapsedTime(begun) > grace) _ = Kill(process.ProcessId, SigKill);
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancel);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
