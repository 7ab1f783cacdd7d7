using Slipway.Server.Data;

namespace Slipway.Cli.Supervising;

/// <summary>
/// Keeps the gateway and the server of one data folder running: starts what does not run, takes over what does, and starts again what ends.
/// Killed, it leaves both running, and the next one takes them over. Asked to end (SIGTERM), it stops the server, then the gateway.
/// </summary>
sealed class Supervisor(DataFolder folder, UpSettings settings, string executable, TextWriter log, TimeProvider time)
{
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200), LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>Who ran for so long is not failing over and over.</summary>
    static readonly TimeSpan Settled = TimeSpan.FromSeconds(3);

    /// <summary>Above what the server and the gateway give their own requests (30 s) before they end.</summary>
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(35);

    readonly TextWriter _log = TextWriter.Synchronized(log);

    /// <summary>Returns when cancelled, and both have ended.</summary>
    /// <exception cref="CommandFailedException">Another supervisor runs on this folder.</exception>
    public async Task Run(CancellationToken cancel)
    {
        using var only = TakeLock();
        var self = Watched.Supervisor(folder);
        ProcessIdentity.Of(Environment.ProcessId, self.Arguments)!.Write(self.ProcessFile);
        using var stopGateway = new CancellationTokenSource();
        var gateway = Keep(Watched.Gateway(folder, settings), stopGateway.Token);
        var server = Keep(Watched.Server(folder, settings), cancel);
        var trimming = LogTrimmer.Run(folder, time, cancel);
        await server;
        // Last, so that the apps are served while the server writes down what it has.
        await stopGateway.CancelAsync();
        await gateway;
        await trimming;
        File.Delete(self.ProcessFile);
    }

    async Task Keep(Watched watched, CancellationToken cancel)
    {
        var pause = FirstPause;
        while (!cancel.IsCancellationRequested)
        {
            var begun = time.GetTimestamp();
            try
            {
                await RunOnce(watched, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error) when (error is System.ComponentModel.Win32Exception or IOException or InvalidOperationException)
            {
                await Say($"{watched.Name} could not be started: {error.Message}");
            }
            if (time.GetElapsedTime(begun) > Settled) pause = FirstPause;
            await Say($"{watched.Name} starts again in {pause.TotalSeconds:0.0} s");
            try
            {
                await Task.Delay(pause, time, cancel);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
        if (watched.FindAlive() is { } left) await Detached.Stop(left, Grace, time, CancellationToken.None);
        File.Delete(watched.ProcessFile);
        await Say($"{watched.Name} stopped");
    }

    /// <summary>Takes over the process that runs or starts one, and returns when it has ended.</summary>
    async Task RunOnce(Watched watched, CancellationToken cancel)
    {
        if (watched.FindAlive() is { } running)
        {
            running.Write(watched.ProcessFile);
            await Say($"{watched.Name} runs already (process {running.ProcessId}): taken over");
            while (running.IsAlive) await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancel);
            await Say($"{watched.Name} (process {running.ProcessId}) ended");
            return;
        }
        using var started = Detached.Start(executable, watched.Arguments, watched.Log);
        ProcessIdentity.Of(started.Id, watched.Arguments)?.Write(watched.ProcessFile);
        await Say($"{watched.Name} started (process {started.Id})");
        await started.WaitForExitAsync(cancel);
        await Say($"{watched.Name} (process {started.Id}) ended with {ExitText(started.ExitCode)}");
    }

    FileStream TakeLock()
    {
        try
        {
            return new FileStream(Path.Combine(folder.Run, "supervisor.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken)
        {
            throw new CommandFailedException($"Slipway is up already on {folder.Path}. 'slipway status' shows it, 'slipway down' stops it.", ExitCode.Failed, taken);
        }
    }

    async Task Say(string text)
    {
        await _log.WriteLineAsync($"{time.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {text}");
        await _log.FlushAsync();
    }

    static string ExitText(int code) => code > 128 ? $"signal {code - 128}" : $"exit code {code}";
}
