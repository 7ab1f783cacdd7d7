using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Slipway.Contracts;

namespace Slipway.Scenarios.Tests;

/// <summary>A Slipway of its own: real processes, an own data folder, own ports, the real engine. Used only through the CLI and HTTP, as people do.</summary>
public sealed class SlipwayProcess : IAsyncLifetime
{
    /// <summary>What people run, compiled ahead of its time, where the suite runs as a whole; else the one that was built with the tests.</summary>
    public static readonly string Executable = Environment.GetEnvironmentVariable("SLIPWAY_EXECUTABLE") ?? Path.Combine(AppContext.BaseDirectory, "slipway");

    readonly List<TestApp> _apps = [];

    public string Data { get; } = Path.Combine(Path.GetTempPath(), "slipway-scenarios", $"data-{Guid.NewGuid().ToString("N")[..8]}");

    public string Listen { get; } = $"127.0.0.1:{FreePorts.Take()}";

    public string Gateway { get; } = $"127.0.0.1:{FreePorts.Take()}";

    public string GatewayHttps { get; } = $"127.0.0.1:{FreePorts.Take()}";

    /// <summary>The engine to use, or null for the machine's.</summary>
    public string? DockerHost { get; init; }

    /// <summary>More of 'slipway up'.</summary>
    public string[] Options { get; init; } = [];

    public HttpClient Api { get; private set; } = new();

    public async ValueTask InitializeAsync()
    {
        await Up();
        Api = new HttpClient { BaseAddress = new Uri($"http://{Listen}/api/v1/"), Timeout = TimeSpan.FromMinutes(2) };
        Api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    public string Token => File.ReadAllText(Path.Combine(Data, "admin.token")).Trim();

    public Task<CliResult> Up() => Do(["up", "--data", Data, "--listen", Listen, "--gateway-http", Gateway, "--gateway-https", GatewayHttps, .. Options]);

    /// <summary>Process id of the running server, gateway or supervisor, from what the supervisor has noted of it.</summary>
    public int ProcessId(string process) => JsonNode.Parse(File.ReadAllText(Path.Combine(Data, "run", $"{process}.process")))!["processId"]!.GetValue<int>();

    public void Kill(string process) => Process.GetProcessById(ProcessId(process)).Kill();

    /// <summary>Runs a command and expects it to succeed.</summary>
    public async Task<CliResult> Do(params string[] arguments)
    {
        var result = await Try(arguments);
        result.ExitCode.ShouldBe(0, $"slipway {string.Join(' ', arguments)}\n{result.Output}\n{result.Errors}\n{Logs()}");
        return result;
    }

    public Task<CliResult> Try(params string[] arguments) => Pipe(null, arguments);

    /// <summary>Runs a command that reads a line from standard input.</summary>
    public async Task<CliResult> Pipe(string? line, params string[] arguments)
    {
        using var process = Begin(arguments);
        if (line is not null) await process.StandardInput.WriteLineAsync(line);
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(8));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"slipway {string.Join(' ', arguments)} did not end\n{await output}\n{await errors}\n{Logs()}");
        }
        return new CliResult(process.ExitCode, await output, await errors);
    }

    /// <summary>Makes sure that the base image of the scenarios is in the engine, as a person would.</summary>
    public async Task HaveBaseImage()
    {
        using var inspect = Process.Start(new ProcessStartInfo("docker", ["image", "inspect", "debian:bookworm-slim"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        await inspect.WaitForExitAsync();
        if (inspect.ExitCode != 0) await Do("base", "import", "debian:bookworm-slim");
    }

    /// <summary>Deploys a folder's app; the app is removed with this Slipway, or before the next one is deployed when nobody needs it any more.</summary>
    public async Task<CliResult> Deploy(TestApp app, params string[] more)
    {
        // Each slot takes one of the engine's networks, and it has some thirty (two pools of sixteen).
        await Remove([.. _apps.Where(known => known.IsGone)]);
        if (!_apps.Contains(app)) _apps.Add(app);
        return await Try(["deploy", app.Folder, "--app", app.Name, .. more]);
    }

    public async Task Deployed(TestApp app, params string[] more)
    {
        var result = await Deploy(app, more);
        result.ExitCode.ShouldBe(0, $"{result.Output}\n{result.Errors}\n{Logs()}");
    }

    public async Task<JsonObject> Get(string path) => JsonNode.Parse(await Api.GetStringAsync(path))!.AsObject();

    public async Task<JsonArray> List(string path) => JsonNode.Parse(await Api.GetStringAsync(path))!.AsArray();

    /// <summary>Waits until a condition holds, and says what was the case when it never did.</summary>
    public static async Task Until(Func<Task<bool>> condition, string what, int seconds = 60)
    {
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if (await condition()) return;
            }
            catch (HttpRequestException) when (deadline.Elapsed.TotalSeconds < seconds)
            {
                // The server is being started again; the deadline below still holds.
            }
            deadline.Elapsed.TotalSeconds.ShouldBeLessThan(seconds, $"never came true: {what}");
            await Task.Delay(50);
        }
    }

    /// <param name="cookies">One person, with a browser that keeps cookies; else each request is a stranger's.</param>
    public HttpClient Visitor(int connections = 8, bool cookies = true) => new(new SocketsHttpHandler
    {
        UseCookies = cookies,
        MaxConnectionsPerServer = connections,
        UseProxy = false,
        ConnectCallback = async (_, cancel) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPEndPoint.Parse(Gateway), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        },
    }) { Timeout = TimeSpan.FromSeconds(60) };

    public string Logs()
    {
        var text = new StringBuilder();
        if (!Directory.Exists(Path.Combine(Data, "logs"))) return "";
        foreach (var log in Directory.EnumerateFiles(Path.Combine(Data, "logs")))
            text.AppendLine($"--- {Path.GetFileName(log)}").AppendLine(string.Join('\n', File.ReadLines(log).TakeLast(30)));
        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await Remove([.. _apps]);
        await Try("down", "--data", Data);
        Api.Dispose();
        if (Directory.Exists(Data)) Directory.Delete(Data, recursive: true);
    }

    async Task Remove(IReadOnlyList<TestApp> apps)
    {
        foreach (var app in apps)
        {
            // A scenario may have killed the server just now: what is not removed stays in the engine for good.
            var patience = Stopwatch.StartNew();
            while ((await Try("remove", app.Name, "--volumes", "--yes")) is { ExitCode: not 0 } kept && !kept.Errors.Contains("There is no app", StringComparison.Ordinal) && patience.Elapsed.TotalSeconds < 30)
                await Task.Delay(200);
            _apps.Remove(app);
        }
    }

    public Process Start(params string[] arguments)
    {
        var process = Begin(arguments);
        process.StandardInput.Close();
        return process;
    }

    Process Begin(string[] arguments)
    {
        var start = new ProcessStartInfo(Executable, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["SLIPWAY_DATA"] = Data;
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["NO_COLOR"] = "1";
        if (DockerHost is not null) start.Environment["DOCKER_HOST"] = DockerHost;
        return Process.Start(start)!;
    }
}

public sealed record CliResult(int ExitCode, string Output, string Errors)
{
    public string All => Output + Errors;
}
