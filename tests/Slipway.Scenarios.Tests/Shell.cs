using System.Diagnostics;

namespace Slipway.Scenarios.Tests;

/// <summary>Runs programs of the machine, as a person would at its prompt.</summary>
static class Shell
{
    /// <summary>Runs it to its end, expects it to succeed, and returns what it wrote.</summary>
    public static async Task<string> Do(string program, params string[] arguments)
    {
        var result = await Try(program, arguments);
        result.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}\n{result.All}");
        return result.Output;
    }

    public static async Task<CliResult> Try(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        return await Finish(process);
    }

    public static async Task<CliResult> Finish(Process process)
    {
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)} did not end\n{await output}\n{await errors}");
        }
        return new CliResult(process.ExitCode, await output, await errors);
    }

    public static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}
