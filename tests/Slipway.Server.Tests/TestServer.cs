using System.Net.Http.Headers;
using Slipway.Server.Data;

namespace Slipway.Server.Tests;

/// <summary>A whole server on a free port with a data folder of its own and no engine (nothing listens at its address).</summary>
sealed class TestServer : IAsyncDisposable
{
    readonly TestFolder _folder;
    readonly bool _ownsFolder;

    TestServer(TestFolder folder, bool ownsFolder, ServerHost host)
    {
        (_folder, _ownsFolder, Host) = (folder, ownsFolder, host);
        Data = new DataFolder(folder.Path);
        Token = File.ReadAllText(Data.AdminToken).Trim();
        Anonymous = new HttpClient { BaseAddress = new Uri(host.Url) };
        Client = new HttpClient { BaseAddress = new Uri(host.Url) };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    public ServerHost Host { get; }

    public DataFolder Data { get; }

    public string Token { get; }

    public HttpClient Anonymous { get; }

    /// <summary>Sends the admin token.</summary>
    public HttpClient Client { get; }

    public static async Task<TestServer> Start(TestFolder? folder = null, ServerRoles? roles = null)
    {
        var own = folder ?? new TestFolder();
        return new TestServer(own, folder is null, await ServerHost.Start(OptionsFor(own) with { Roles = roles }, TestContext.Current.CancellationToken));
    }

    public static ServerOptions OptionsFor(TestFolder folder) => new()
    {
        DataFolder = folder.Path,
        Listen = "127.0.0.1:0",
        DockerHost = $"unix://{folder.Path}/no-engine.sock",
    };

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Anonymous.Dispose();
        await Host.DisposeAsync();
        if (_ownsFolder) _folder.Dispose();
    }
}

/// <summary>An empty folder (mode 0700) that goes away with the test.</summary>
sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("slipway-server-").FullName;

    public string Write(string name, string text)
    {
        var path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
