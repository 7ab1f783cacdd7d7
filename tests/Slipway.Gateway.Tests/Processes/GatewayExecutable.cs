using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Slipway.Gateway.Control;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Processes;

/// <summary><c>slipway gateway</c> as it runs in production: the executable, in a process of its own, inline completions and all.</summary>
sealed class GatewayExecutable : IAsyncDisposable
{
    const int SigTerm = 15;

    readonly Process _process;

    GatewayExecutable(Process process, string data, IPEndPoint address)
    {
        (_process, Data, Address) = (process, data, address);
        Control = new GatewayClient(Path.Combine(data, "gateway", "control.sock"));
    }

    public string Data { get; }

    public IPEndPoint Address { get; }

    public GatewayClient Control { get; }

    public int ProcessId => _process.Id;

    /// <summary>Returns when it answers on its control socket.</summary>
    /// <param name="files">How many it may open; null: as many as this process.</param>
    public static async Task<GatewayExecutable> Start(string? data = null, IPEndPoint? address = null, int? files = null)
    {
        data ??= NewFolder();
        var metadata = typeof(GatewayExecutable).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(m => m.Key == "Executable");
        var start = new ProcessStartInfo(Path.GetFullPath(metadata.Value!, AppContext.BaseDirectory))
        {
            ArgumentList = { "gateway", "--data", data, "--listen", (address ?? new IPEndPoint(IPAddress.Loopback, FreePort())).ToString() },
            // As a supervisor starts it: what is set here for the tests' own process says nothing about that one.
            Environment = { ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = null },
        };
        var listen = IPEndPoint.Parse(start.ArgumentList[^1]);
        if (files is not null)
        {
            string[] shell = ["-c", $"ulimit -n {files}; exec \"$0\" \"$@\"", start.FileName];
            for (var i = 0; i < shell.Length; i++) start.ArgumentList.Insert(i, shell[i]);
            start.FileName = "/bin/sh";
        }
        var gateway = new GatewayExecutable(Process.Start(start)!, data, listen);
        await Eventually.Holds(async () =>
        {
            gateway._process.HasExited.ShouldBeFalse();
            return await gateway.Control.IsAlive(Cancel);
        });
        return gateway;
    }

    public HttpClient Client() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, cancel) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(Address, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://app.test"),
        Timeout = TimeSpan.FromSeconds(30),
    };

    public void Terminate() => _ = Native.Kill(_process.Id, SigTerm);

    /// <summary>SIGKILL: nothing is said, written or closed.</summary>
    public async Task Kill()
    {
        _process.Kill();
        await _process.WaitForExitAsync(Cancel);
    }

    public async Task<int> ExitCode()
    {
        await _process.WaitForExitAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(40), Cancel);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Control.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }
        _process.Dispose();
    }

    static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    static class Native
    {
        [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "kill")]
        [System.Runtime.InteropServices.DefaultDllImportSearchPaths(System.Runtime.InteropServices.DllImportSearchPath.SafeDirectories)]
        public static extern int Kill(int process, int signal);
    }
}
