using System.Net;
using Slipway.Contracts;
using Slipway.Gateway;
using Slipway.Gateway.Control;
using Slipway.Server.Data;

namespace Slipway.Server.Tests.Certificates;

/// <summary>A data folder with its database and a real gateway, which outlives the servers that are put on it.</summary>
sealed class GatewayHome : IAsyncDisposable
{
    readonly TestFolder _folder = new();
    readonly CancellationTokenSource _stop = new();
    long _version;
    Task<int> _gateway = Task.FromResult(0);

    GatewayHome() => (Data, Database) = (new DataFolder(_folder.Path), TestDatabase.In(_folder.Path));

    public DataFolder Data { get; }

    public TestDatabase Database { get; }

    /// <summary>Of the next table.</summary>
    public long NextVersion => Interlocked.Increment(ref _version);

    public IPEndPoint Http { get; private set; } = null!;

    public IPEndPoint Https { get; private set; } = null!;

    public static async Task<GatewayHome> Start()
    {
        var home = new GatewayHome();
        home._gateway = GatewayProcess.Run(new GatewayOptions { Listen = ["127.0.0.1:0"], ListenHttps = ["127.0.0.1:0"], Folder = home.Data.Gateway }, home._stop.Token);
        using var client = new GatewayClient(home.Data.ControlSocket);
        await Eventually.Is(() => client.IsAlive(TestContext.Current.CancellationToken));
        var listening = (await client.Report(TestContext.Current.CancellationToken)).Listening;
        (home.Http, home.Https) = (IPEndPoint.Parse(listening[0]), IPEndPoint.Parse(listening[1]));
        return home;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        (await _gateway).ShouldBe(0);
        _stop.Dispose();
        Database.Dispose();
        _folder.Dispose();
    }
}
