using System.Collections.Concurrent;
using System.Diagnostics;

namespace Slipway.Registry.Tests.Storage.Swift;

/// <summary>Servers in the foreground, ended by their process when disposed of; what they said is told where they did not come up.</summary>
sealed class Programs : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly List<Process> _processes = [];
    readonly ConcurrentQueue<string> _said = new();

    /// <summary>The last lines of them all.</summary>
    public string Said => string.Join('\n', _said);

    public void Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        var process = Process.Start(start)!;
        DataReceivedEventHandler keep = (_, line) =>
        {
            if (line.Data is null) return;
            _said.Enqueue($"{program}: {line.Data}");
            if (_said.Count > 100) _said.TryDequeue(out var _);
        };
        process.OutputDataReceived += keep;
        process.ErrorDataReceived += keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, $"{program}: {await output}{await errors}");
    }

    public Task Answers(Uri address) => Until(async () =>
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(address);
        return (int)answer.StatusCode < 400;
    });

    public async Task Until(Func<Task<bool>> isReady)
    {
        var since = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if (await isReady()) return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
            if (since.Elapsed > Patience || _processes.Exists(process => process.HasExited)) throw new InvalidOperationException($"a server did not come up:\n{Said}");
            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }
}
