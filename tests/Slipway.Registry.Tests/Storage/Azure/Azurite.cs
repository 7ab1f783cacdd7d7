using System.Diagnostics;
using Azure.Storage.Blobs;

namespace Slipway.Registry.Tests.Storage.Azure;

/// <summary>Azurite, Microsoft's emulator of Blob Storage, on a free port over a folder of its own: one process for all tests of the collection.</summary>
public sealed class Azurite : IAsyncLifetime
{
    /// <summary>The emulator's well-known credential.</summary>
    public const string Account = "devstoreaccount1";

    public const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    public const string Container = "slipway";

    const string Ready = "successfully listens on http://";

    readonly string _folder = Directory.CreateTempSubdirectory("slipway-azurite-").FullName;
    Process? _process;

    public Uri Service { get; private set; } = null!;

    /// <summary>Past our own store, to see and to change what it made.</summary>
    public BlobContainerClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var script = Path.Combine(ToolsFolder(), "node_modules", "azurite", "dist", "src", "blob", "main.js");
        File.Exists(script).ShouldBeTrue($"{script} is missing: tests/run installs it, or 'npm ci' in tests/tools");
        var start = new ProcessStartInfo("node", [script, "--blobPort", "0", "--location", _folder, "--silent", "--disableTelemetry"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        _process = Process.Start(start)!;
        var errors = _process.StandardError.ReadToEndAsync();
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.IndexOf(Ready, StringComparison.Ordinal) is var at and >= 0) Service = new Uri($"http://{line[(at + Ready.Length)..].Trim()}/{Account}");
            if (Service is not null) break;
        }
        if (Service is null) throw new InvalidOperationException($"azurite did not start: {await errors}");
        _ = _process.StandardOutput.ReadToEndAsync();
        Client = new BlobContainerClient($"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint={Service}", Container);
        await Client.CreateAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
        Directory.Delete(_folder, recursive: true);
    }

    static string ToolsFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Slipway.slnx"))) folder = folder.Parent;
        return Path.Combine(folder!.FullName, "tests", "tools");
    }
}

[CollectionDefinition(Name)]
public sealed class AzuriteCollection : ICollectionFixture<Azurite>
{
    public const string Name = "azurite";
}
