using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Slipway.Contracts;

/// <summary>
/// A real PostgreSQL (Debian's package "postgresql") on a free port of 127.0.0.1, in a folder of its own that goes with it. It lives no longer than the
/// test's process, however that ends: a shell beside it waits for the end of its input.
/// </summary>
public sealed class PostgresServer : IDisposable
{
    static readonly Lazy<PostgresServer> OfAll = new(() => new PostgresServer());
    static int _databases;

    readonly string _folder;
    readonly int _port;
    readonly ConcurrentBag<string> _emptied = [];
    Process? _process;

    public PostgresServer()
    {
        // PostgreSQL refuses to run as root.
        _folder = Run($"mktemp -d \"${{TMPDIR:-/tmp}}/slipway-postgres-XXXXXX\"").Trim();
        Run($"'{Programs}/initdb' -D '{_folder}' -U slipway -A trust -E UTF8 --locale=C.UTF-8 --no-sync --no-instructions");
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            _port = ((IPEndPoint)free.LocalEndpoint).Port;
        }
        Start();
    }

    /// <summary>The one that tests share: each takes a database of its own.</summary>
    public static PostgresServer Shared => OfAll.Value;

    /// <summary>An empty database that nobody else uses.</summary>
    public string CreateDatabase()
    {
        // To make one takes a quarter of a second, to empty one a fiftieth.
        if (!_emptied.TryTake(out var name))
        {
            name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _databases)}");
            Execute($"CREATE DATABASE {name}");
        }
        return $"postgres://slipway@127.0.0.1:{_port}/{name}";
    }

    /// <summary>Gives a database back; who is still connected to it is no more.</summary>
    public void DropDatabase(string address)
    {
        var name = address[(address.LastIndexOf('/') + 1)..];
        Execute(
            $"""
            ALTER DATABASE {name} RESET ALL;
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid();
            DROP SCHEMA public CASCADE;
            CREATE SCHEMA public
            """,
            name);
        _emptied.Add(name);
    }

    /// <summary>Executes as the superuser.</summary>
    public void Execute(string sql, string database = "postgres")
    {
        using var connection = new NpgsqlConnection($"Host=127.0.0.1;Port={_port};Username=slipway;Database={database};Pooling=false");
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    /// <summary>Ends it as a crash would; what was committed is there after <see cref="Start"/>.</summary>
    public void Kill()
    {
        _process!.StandardInput.WriteLine("keep");
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    public void Start()
    {
        string[] settings =
        [
            "listen_addresses=127.0.0.1", $"port={_port}", "unix_socket_directories=", "fsync=off", "full_page_writes=off", "max_connections=200", "shared_buffers=32MB",
            "wal_level=minimal", "max_wal_senders=0", "autovacuum=off", "logging_collector=off", "max_wal_size=256MB",
        ];
        var options = string.Join(' ', settings.Select(setting => $"-c '{setting}'"));
        _process = Process.Start(Shell($"'{Programs}/postgres' -D '{_folder}' {options} >'{_folder}/log' 2>&1 & server=$!; read -r keep; kill -QUIT $server; wait $server; [ -n \"$keep\" ] || rm -rf '{_folder}'"))!;
        WaitUntilReady();
    }

    public void Dispose()
    {
        if (_process is null) Run($"rm -rf '{_folder}'");
        else
        {
            _process.StandardInput.Close();
            _process.WaitForExit();
            _process.Dispose();
        }
    }

    static string Programs { get; } = Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql").OrderByDescending(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture)).Select(path => $"{path}/bin").First()
        : throw new InvalidOperationException("PostgreSQL is not installed: run the tests with ./slipway test, or install the package postgresql.");

    void WaitUntilReady()
    {
        var since = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                Execute("SELECT 1");
                return;
            }
            catch (NpgsqlException) when (since.Elapsed < TimeSpan.FromSeconds(60) && !_process!.HasExited)
            {
                Thread.Sleep(20);
            }
            catch (NpgsqlException failed)
            {
                throw new InvalidOperationException($"PostgreSQL does not start: {Run($"cat '{_folder}/log'")}", failed);
            }
        }
    }

    static ProcessStartInfo Shell(string script)
    {
        string[] command = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "sh", "-c", script] : ["sh", "-c", script];
        return new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
    }

    static string Run(string script)
    {
        using var process = Process.Start(Shell(script))!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{script} failed: {error.Result}");
    }
}
