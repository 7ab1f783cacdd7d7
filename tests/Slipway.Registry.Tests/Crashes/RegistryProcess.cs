using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Slipway.Registry.Tests.Crashes;

/// <summary>A registry as a process (tests/Slipway.Registry.Process) over a folder, collecting garbage all the time. Ended only by <see cref="Kill"/>.</summary>
sealed class RegistryProcess : IDisposable
{
    readonly Process _process;

    RegistryProcess(Process process, string socket)
    {
        _process = process;
        Http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
                return new NetworkStream(connection, ownsSocket: true);
            },
        })
        {
            BaseAddress = new Uri("http://registry"), Timeout = TimeSpan.FromSeconds(60),
        };
    }

    public HttpClient Http { get; }

    /// <summary>Returns when it serves.</summary>
    /// <param name="lease">How long it keeps what nothing refers to.</param>
    /// <param name="environment">Added to its environment.</param>
    public static async Task<RegistryProcess> Start(string data, TimeSpan lease, params (string Name, string Value)[] environment)
    {
        const string Program = "Slipway.Registry.Process";
        // tests/X/bin/CONFIGURATION/net10.0: the same of the other project.
        var built = AppContext.BaseDirectory.Replace("Slipway.Registry.Tests", Program, StringComparison.Ordinal);
        var socket = Path.Combine(Path.GetDirectoryName(data)!, "socket");
        var start = new ProcessStartInfo(Path.Combine(built, Program), [data, socket, lease.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        if (await process.StandardOutput.ReadLineAsync() is not "ready")
        {
            process.Kill();
            throw new InvalidOperationException($"The registry did not start: {await errors}");
        }
        return new RegistryProcess(process, socket);
    }

    /// <summary>SIGKILL, at whatever it is doing.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        _process.Dispose();
        Http.Dispose();
    }
}
