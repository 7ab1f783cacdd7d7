using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Engines.Docker;
using Slipway.Pipelines.Images;
using Slipway.Pipelines.Tests.Images;

[assembly: AssemblyFixture(typeof(RealEngine))]

namespace Slipway.Pipelines.Tests.Images;

/// <summary>The machine's Docker Engine, and a registry of its own beside it (Debian's docker-registry) that plays ours.</summary>
public sealed partial class RealEngine : IAsyncLifetime
{
    static readonly TimeSpan StartTime = TimeSpan.FromSeconds(20);

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("slipway-registry-");
    readonly List<string> _named = [];
    Process? _registry;
    ServiceProvider? _services;

    public DockerClient Client { get; } = new(DockerClient.DefaultAddress);

    public DockerImages Images => new(Client);

    public int RegistryPort { get; private set; }

    public string RegistryAddress => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{RegistryPort}");

    /// <summary>No other run has it.</summary>
    public string Unique { get; } = Guid.NewGuid().ToString("n")[..12];

    internal T Get<T>() where T : notnull => _services!.GetRequiredService<T>();

    /// <summary>What services would be with these options.</summary>
    internal ServiceProvider With(Func<ImageOptions, ImageOptions> change) => new ServiceCollection()
        .AddSingleton(Client)
        .AddImages(change(new ImageOptions { RegistryAddress = RegistryAddress, RegistryPassword = () => "secret", InstallMissing = true }))
        .BuildServiceProvider();

    /// <summary>A name that is taken off the engine when the tests end.</summary>
    public string Named(string reference)
    {
        lock (_named) _named.Add(reference);
        return reference;
    }

    public async ValueTask InitializeAsync()
    {
        var configuration = Path.Combine(_folder.FullName, "config.yml");
        await File.WriteAllTextAsync(configuration, $"""
            version: 0.1
            log:
              level: info
            storage:
              filesystem:
                rootdirectory: {_folder.FullName}/data
            http:
              addr: 127.0.0.1:0
            """);
        var port = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        _registry = Process.Start(new ProcessStartInfo("docker-registry", ["serve", configuration]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        void Read(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is not null && Listening().Match(line.Data) is { Success: true } found) port.TrySetResult(int.Parse(found.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        }
        _registry.OutputDataReceived += Read;
        _registry.ErrorDataReceived += Read;
        _registry.BeginOutputReadLine();
        _registry.BeginErrorReadLine();
        RegistryPort = await port.Task.WaitAsync(StartTime);
        _services = With(options => options);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var name in _named) await Images.Remove(name, CancellationToken.None);
        if (_services is not null) await _services.DisposeAsync();
        if (_registry is not null)
        {
            _registry.Kill();
            await _registry.WaitForExitAsync();
            _registry.Dispose();
        }
        Client.Dispose();
        _folder.Delete(recursive: true);
    }

    [GeneratedRegex(@"listening on 127\.0\.0\.1:(\d+)")]
    private static partial Regex Listening();
}
