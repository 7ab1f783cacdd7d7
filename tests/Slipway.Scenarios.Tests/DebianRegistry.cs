using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Slipway.Scenarios.Tests;

/// <summary>Debian's docker-registry on a loopback port, over a folder that stays.</summary>
sealed class DebianRegistry : IAsyncDisposable
{
    readonly Process _process;

    DebianRegistry(Process process, string address) => (_process, Address) = (process, address);

    public string Address { get; }

    public static async Task<DebianRegistry> Start(string folder)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        listener.Stop();
        var config = Path.Combine(folder, "registry.yml");
        await File.WriteAllTextAsync(config, $"""
            version: 0.1
            log: {'{'} level: error {'}'}
            storage: {'{'} filesystem: {'{'} rootdirectory: {folder}/registry {'}'}, delete: {'{'} enabled: true {'}'} {'}'}
            http: {'{'} addr: "{address}" {'}'}
            """);
        var start = new ProcessStartInfo("docker-registry", ["serve", config]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OTEL_TRACES_EXPORTER"] = "none";
        var registry = new DebianRegistry(Process.Start(start)!, address);
        _ = registry._process.StandardOutput.ReadToEndAsync();
        _ = registry._process.StandardError.ReadToEndAsync();
        using var client = new HttpClient { BaseAddress = new Uri($"http://{address}") };
        await SlipwayProcess.Until(async () => (await client.GetAsync("/v2/")).IsSuccessStatusCode, "docker-registry answers");
        return registry;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
