using System.Net;
using System.Net.Sockets;
using Slipway.Registry.Storage.Swift;
using Slipway.Contracts;

namespace Slipway.Registry.Tests.Storage.Swift;

/// <summary>
/// OpenStack Swift as Debian packs it, one node with one device in a folder of its own: account, container, object and proxy server, each in the foreground on a
/// free port, and the memcached in which tempauth keeps its tokens. One for all tests of the collection.
/// </summary>
public sealed class SwiftServer : IAsyncLifetime
{
    public const string User = "test:tester";
    public const string Password = "testing";
    public const string Container = "slipway";
    public const string TempUrlKey = "a key of the account";

    readonly string _folder = Directory.CreateTempSubdirectory("slipway-swift-").FullName;
    readonly Programs _programs = new();
    int _memcached;

    /// <summary>Where tempauth gives tokens.</summary>
    public Uri AuthUrl { get; private set; } = null!;

    /// <summary>The servers' last lines.</summary>
    internal string Said => _programs.Said;

    internal SwiftOptions Options => new()
    {
        AuthUrl = AuthUrl, User = User, Password = Password, Container = Container, TempUrlKey = TempUrlKey, RetryDelay = TimeSpan.FromMilliseconds(10),
    };

    public async ValueTask InitializeAsync()
    {
        int[] ports = [FreePorts.Take(), FreePorts.Take(), FreePorts.Take(), FreePorts.Take(), FreePorts.Take()];
        Directory.CreateDirectory(Path.Combine(_folder, "devices", "d1"));
        _memcached = ports[4];
        _programs.Start("memcached", "-l", "127.0.0.1", "-p", $"{_memcached}", "-U", "0", "-u", Environment.UserName);
        await Programs.Run("/usr/bin/python3", "-c", Rings(ports[0], ports[1], ports[2]), _folder);
        string[] kinds = ["account", "container", "object"];
        for (var index = 0; index < kinds.Length; index++)
        {
            var kind = kinds[index];
            await Configure($"{kind}-server", $"""
                [DEFAULT]
                {Common(ports[index])}
                devices = {_folder}/devices
                mount_check = false
                disable_fallocate = true
                fallocate_reserve = 0
                container_update_timeout = 30
                [pipeline:main]
                pipeline = healthcheck {kind}-server
                [filter:healthcheck]
                use = egg:swift#healthcheck
                [app:{kind}-server]
                use = egg:swift#{kind}
                """);
        }
        await Configure("proxy-server", Proxy(ports[3], "tempurl tempauth", """
            [filter:tempauth]
            use = egg:swift#tempauth
            user_test_tester = testing .admin
            user_test_stranger = testing
            """));
        AuthUrl = new Uri($"http://127.0.0.1:{ports[3]}/auth/v1.0");
        // The proxy leaves out for a minute what did not answer it.
        foreach (var port in ports[..3]) await Healthy(port);
        await Healthy(ports[3]);
        await MakeContainer();
    }

    public async ValueTask DisposeAsync()
    {
        await _programs.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Another proxy server over the same storage, with another way to know users.</summary>
    internal async Task<int> StartProxy(string name, string auth, string filters)
    {
        var port = FreePorts.Take();
        await Configure("proxy-server", Proxy(port, auth, filters), name);
        await Healthy(port);
        return port;
    }

    string Common(int port) => $"""
        bind_ip = 127.0.0.1
        bind_port = {port}
        workers = 0
        user = {Environment.UserName}
        swift_dir = {_folder}
        log_level = ERROR
        """;

    string Proxy(int port, string auth, string filters) => $"""
        [DEFAULT]
        {Common(port)}
        [pipeline:main]
        pipeline = catch_errors healthcheck cache bulk {auth} slo proxy-server
        [app:proxy-server]
        use = egg:swift#proxy
        account_autocreate = true
        node_timeout = 60
        error_suppression_limit = 1000000
        conn_timeout = 10
        [filter:catch_errors]
        use = egg:swift#catch_errors
        [filter:healthcheck]
        use = egg:swift#healthcheck
        [filter:cache]
        use = egg:swift#memcache
        memcache_servers = 127.0.0.1:{_memcached}
        [filter:bulk]
        use = egg:swift#bulk
        [filter:tempurl]
        use = egg:swift#tempurl
        [filter:slo]
        use = egg:swift#slo
        rate_limit_after_segment = 10000
        {filters}
        """;

    async Task Configure(string server, string configuration, string? name = null)
    {
        var file = Path.Combine(_folder, $"{name ?? server}.conf");
        await File.WriteAllTextAsync(file, configuration);
        _programs.Start($"swift-{server}", file, "-v");
    }

    Task Healthy(int port) => _programs.Answers(new Uri($"http://127.0.0.1:{port}/healthcheck"));

    async Task MakeContainer()
    {
        using var http = new HttpClient();
        using var ask = new HttpRequestMessage(HttpMethod.Get, AuthUrl);
        ask.Headers.Add("X-Auth-User", User);
        ask.Headers.Add("X-Auth-Key", Password);
        using var token = await http.SendAsync(ask);
        token.StatusCode.ShouldBe(HttpStatusCode.OK);
        var account = token.Header("X-Storage-Url")!;
        foreach (var (method, address) in ((HttpMethod, string)[])[(HttpMethod.Post, account), (HttpMethod.Put, $"{account}/{Container}")])
        {
            // The storage servers may be a moment behind the proxy.
            await _programs.Until(async () =>
            {
                using var request = new HttpRequestMessage(method, address);
                request.Headers.Add("X-Auth-Token", token.Header("X-Auth-Token"));
                request.Headers.Add("X-Account-Meta-Temp-URL-Key", TempUrlKey);
                using var answer = await http.SendAsync(request);
                return answer.IsSuccessStatusCode;
            });
        }
    }

    /// <summary>The ring builder's own calls: as a program it would have to be started nine times.</summary>
    static string Rings(int account, int container, int objects) => $$"""
        import sys
        from swift.common.ring import RingBuilder
        for name, port in (('account', {{account}}), ('container', {{container}}), ('object', {{objects}})):
            ring = RingBuilder(4, 1, 0)
            ring.add_dev({'region': 1, 'zone': 1, 'weight': 1.0, 'ip': '127.0.0.1', 'port': port, 'device': 'd1', 'meta': '', 'replication_ip': '127.0.0.1', 'replication_port': port})
            ring.rebalance()
            ring.get_ring().save('%s/%s.ring.gz' % (sys.argv[1], name))
        with open(sys.argv[1] + '/swift.conf', 'w') as conf:
            conf.write('[swift-hash]\nswift_hash_path_suffix = tests\nswift_hash_path_prefix = tests\n[storage-policy:0]\nname = one\ndefault = yes\n')
        """;
}

[CollectionDefinition(Name)]
public sealed class SwiftCollection : ICollectionFixture<SwiftServer>
{
    public const string Name = "swift";
}
