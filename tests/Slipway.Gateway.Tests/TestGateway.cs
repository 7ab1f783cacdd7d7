using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Slipway.Gateway.Control;
using Slipway.Model;

namespace Slipway.Gateway.Tests;

/// <summary>A gateway in a folder of its own on a free port, with the client of its control socket.</summary>
sealed class TestGateway : IAsyncDisposable
{
    readonly GatewayServer _server;
    long _version;

    TestGateway(GatewayServer server, GatewayOptions options)
    {
        _server = server;
        Options = options;
        Control = new GatewayClient(options.ControlSocket);
    }

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public GatewayOptions Options { get; }
    public GatewayClient Control { get; }
    public IPEndPoint Address { get; private set; } = new(0, 0);

    /// <summary>Removed when the tests end; one is often served from by a second gateway after the first.</summary>
    public static string NewFolder()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-gw-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }

    public static async Task<TestGateway> Start(string? folder = null, Func<GatewayOptions, GatewayOptions>? change = null, ILoggerFactory? logs = null)
    {
        var options = new GatewayOptions { Listen = ["127.0.0.1:0"], Folder = folder ?? NewFolder(), StopTimeout = TimeSpan.FromSeconds(5) };
        if (change is not null) options = change(options);
        var gateway = new TestGateway(await GatewayServer.Start(options, logs ?? NullLoggerFactory.Instance, Cancel), options);
        var report = await gateway.Control.Report(Cancel);
        gateway._version = report.TableVersion;
        gateway.Address = IPEndPoint.Parse(report.Listening[0]);
        return gateway;
    }

    public async Task Publish(params Route[] routes) =>
        await Control.Publish(new RouteTable { Version = ++_version, Routes = routes }, Cancel);

    /// <summary>For one host: a client whose requests all go to the gateway.</summary>
    public HttpClient Client(string host = "app.test", Version? version = null) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectCallback = async (_, cancel) => new NetworkStream(await Connect(cancel), ownsSocket: true),
    })
    {
        BaseAddress = new Uri($"http://{host}"),
        Timeout = TimeSpan.FromSeconds(30),
        DefaultRequestVersion = version ?? HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public async Task<Socket> Connect(CancellationToken cancel, IPEndPoint? address = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address ?? Address, cancel);
        return socket;
    }

    /// <summary>Sends bytes as they stand, and returns all that comes back until the gateway closes the connection.</summary>
    public async Task<string> Raw(string request)
    {
        using var socket = await Connect(Cancel);
        await socket.SendAsync(System.Text.Encoding.Latin1.GetBytes(request), Cancel);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        return await RawUpstream.ReadToEnd(socket, limit.Token);
    }

    public async Task<InstanceTraffic?> Instance(string id) => (await Control.Report(Cancel)).Instances.FirstOrDefault(i => i.Instance == id);

    /// <summary>Waits until nothing is counted in on it any more: a client has its answer a moment before that.</summary>
    public Task IsIdle(string id) => Eventually.Holds(async () => await Instance(id) is { InFlight: 0 });

    public Task Stop() => _server.Stop();

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource();
        Control.Dispose();
        await _server.DisposeAsync();
    }
}

static class Routes
{
    public static Route To(params RunningBackend[] backends) => To("app.test", backends);

    public static Route To(string host, params RunningBackend[] backends) => new()
    {
        App = AppName.Parse("shop"),
        Service = "web",
        Hosts = [host],
        Destinations = [To(1, 1, backends)],
    };

    public static Destination To(int release, int weight, params RunningBackend[] backends) => new()
    {
        Release = release,
        Weight = weight,
        Upstreams = [.. backends.Select(b => new Upstream(b.Name, "127.0.0.1", b.Port))],
    };
}

static class Eventually
{
    /// <summary>Waits for a condition, at most 20 seconds.</summary>
    public static async Task Holds(Func<Task<bool>> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestGateway.Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (!await condition()) await Task.Delay(10, limit.Token);
    }
}
