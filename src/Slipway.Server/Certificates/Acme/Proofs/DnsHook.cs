using System.ComponentModel;
using System.Diagnostics;
using Slipway.Model;

namespace Slipway.Server.Certificates.Acme.Proofs;

/// <summary>
/// A program in DATA/hooks that makes and removes TXT records: <c>PROGRAM present|cleanup _acme-challenge.HOST. VALUE</c>, the arguments that lego gives
/// the programs of its provider exec. It has five minutes; what it writes is told where it fails.
/// </summary>
/// <remarks>In that folder alone: who may set an authority over the API may not thereby run any program of the machine.</remarks>
sealed partial class DnsHook(string folder, string name, ILogger log)
{
    const int LinesTold = 5;
    const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute, Others = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    public string Name => name;

    /// <summary>What is wrong with it, if anything.</summary>
    public static Diagnostic? Check(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        string? wrong = name.Length is 0 or > 100 || name is "." or ".." || name.Any(c => c == '/' || char.IsControl(c)) ? "it is no name of a file"
            : !File.Exists(path) ? $"there is no file {path}"
            : (File.GetUnixFileMode(path) & Executable) == 0 ? $"{path} is not executable"
            : (File.GetUnixFileMode(path) & Others) != 0 ? $"{path} can be changed by other users"
            : null;
        return wrong is null ? null : new Diagnostic { Key = "dnsHook", Message = wrong, Found = name, Expected = $"the name of a program in {folder} that its owner alone can write" };
    }

    /// <exception cref="AcmeException">It failed, or took too long; the message has its last lines.</exception>
    public async Task Run(string action, string record, string value, CancellationToken cancel)
    {
        if (Check(folder, name) is { } wrong) throw new AcmeException($"The program for the DNS can't be run: {wrong.Message}");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Longest);
        var lines = new Queue<string>();
        using var process = new Process { StartInfo = new ProcessStartInfo(Path.Combine(folder, name), [action, record, value]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = folder } };
        process.OutputDataReceived += (_, line) => Keep(lines, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(lines, line.Data);
        try
        {
            process.Start();
            process.StandardInput.Close();
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            await process.WaitForExitAsync(limit.Token);
        }
        catch (Exception no) when (no is Win32Exception or IOException)
        {
            throw new AcmeException($"{name} can't be run: {no.Message}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            if (cancel.IsCancellationRequested) throw;
            throw new AcmeException($"{name} {action} {record} took longer than {Longest.TotalMinutes:0} minutes and was ended");
        }
        if (process.ExitCode != 0) throw new AcmeException($"{name} {action} {record} ended with {process.ExitCode}{Told(lines)}");
    }

    public void Warn(string message) => LogLeft(log, message);

    static void Keep(Queue<string> lines, string? line)
    {
        if (string.IsNullOrWhiteSpace(line)) return;
        lock (lines)
        {
            lines.Enqueue(line.Length <= 200 ? line : line[..200]);
            if (lines.Count > LinesTold) lines.Dequeue();
        }
    }

    static string Told(Queue<string> lines)
    {
        lock (lines) return lines.Count == 0 ? "" : ": " + string.Join(" / ", lines.Select(line => new string([.. line.Select(c => char.IsControl(c) ? ' ' : c)])));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A TXT record may be left in the DNS: {Reason}")]
    static partial void LogLeft(ILogger log, string reason);
}
