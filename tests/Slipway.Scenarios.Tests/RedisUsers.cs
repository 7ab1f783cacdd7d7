using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Slipway.Scenarios.Tests;

/// <summary>
/// Programs that use a redis while something happens to it: each opens a connection, gives commands, ends it after a second and opens the next. Every command
/// is counted as answered, by the version that did (its number of databases), or failed.
/// </summary>
sealed class RedisUsers : IAsyncDisposable
{
    readonly CancellationTokenSource _stop = new();
    readonly ConcurrentDictionary<string, int> _versions = new();
    readonly ConcurrentQueue<string> _failures = new();
    readonly Task[] _users;
    int _commands;

    public RedisUsers(int port, int count) => _users = [.. Enumerable.Range(0, count).Select(_ => Task.Run(() => Use(port)))];

    public int Commands => Volatile.Read(ref _commands);

    public IReadOnlyCollection<string> Failures => _failures;

    public IReadOnlyDictionary<string, int> Versions => _versions;

    public async Task More(int commands)
    {
        var goal = Commands + commands;
        await SlipwayProcess.Until(() => Task.FromResult(Commands >= goal), $"{commands} more commands ({_failures.Count} failed: {_failures.FirstOrDefault()})");
    }

    /// <summary>What is answered from here on: connections that were open are ended by their users within a second.</summary>
    public async Task Anew()
    {
        await Task.Delay(1500);
        _versions.Clear();
        await More(200);
    }

    public static async Task<Socket> Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return socket;
    }

    /// <summary>Gives a command, and returns the first line of its answer; of a list the last line.</summary>
    public static async Task<string> Ask(Socket socket, string command)
    {
        await socket.SendAsync(Encoding.ASCII.GetBytes(command + "\r\n"));
        var buffer = new byte[4096];
        var text = "";
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        do
        {
            var read = await socket.ReceiveAsync(buffer, limit.Token);
            if (read == 0) throw new IOException("the connection was ended");
            text += Encoding.ASCII.GetString(buffer, 0, read);
        }
        while (!text.EndsWith("\r\n", StringComparison.Ordinal) || text.Count(c => c == '\n') < (text.StartsWith("*2", StringComparison.Ordinal) ? 5 : 1));
        return text.TrimEnd().Split("\r\n")[^1];
    }

    public static Task<string> Version(Socket socket) => Ask(socket, "CONFIG GET databases");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_users);
        _stop.Dispose();
    }

    async Task Use(int port)
    {
        while (!_stop.IsCancellationRequested)
            try
            {
                using var socket = await Connect(port);
                for (var until = Environment.TickCount64 + 1000; Environment.TickCount64 < until && !_stop.IsCancellationRequested; Interlocked.Increment(ref _commands))
                {
                    (await Ask(socket, "INCR visits")).ShouldStartWith(":");
                    _versions.AddOrUpdate(await Version(socket), 1, (_, n) => n + 1);
                    await Task.Delay(5);
                }
            }
            catch (Exception failed)
            {
                _failures.Enqueue($"{failed.GetType().Name}: {failed.Message}");
                await Task.Delay(50);
            }
    }
}
