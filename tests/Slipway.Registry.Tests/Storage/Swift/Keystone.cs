using System.Net.Http.Json;
using System.Text.Json;
using Slipway.Registry.Storage.Swift;
using Slipway.Contracts;

namespace Slipway.Registry.Tests.Storage.Swift;

/// <summary>Debian's Keystone over SQLite, and a proxy of the same Swift that asks it who somebody is.</summary>
sealed class Keystone : IAsyncDisposable
{
    public const string Password = "a password";
    public const string Region = "north";

    readonly string _folder = Directory.CreateTempSubdirectory("slipway-keystone-").FullName;
    readonly Programs _programs = new();

    public Uri AuthUrl { get; private set; } = null!;

    public SwiftOptions Options => new()
    {
        AuthUrl = AuthUrl, User = "admin", Password = Password, Project = "admin", Region = Region, Container = SwiftServer.Container, RetryDelay = TimeSpan.FromMilliseconds(10),
    };

    public static async Task<Keystone> Start(SwiftServer swift)
    {
        var keystone = new Keystone();
        try
        {
            await keystone.Begin(swift);
            return keystone;
        }
        catch
        {
            await keystone.DisposeAsync();
            throw;
        }
    }

    public async Task<(string Id, string Secret)> MakeApplicationCredential()
    {
        using var http = Client();
        var (token, user, _) = await Token(http);
        using var made = await Ask(http, token, HttpMethod.Post, $"/users/{user}/application_credentials", """{"application_credential":{"name":"registry","roles":[{"name":"admin"}]}}""");
        var credential = made.RootElement.GetProperty("application_credential");
        return (credential.GetProperty("id").GetString()!, credential.GetProperty("secret").GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        await _programs.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    async Task Begin(SwiftServer swift)
    {
        var port = FreePorts.Take();
        AuthUrl = new Uri($"http://127.0.0.1:{port}/v3");
        var configuration = Path.Combine(_folder, "keystone.conf");
        foreach (var keys in (string[])["fernet", "credential"]) Directory.CreateDirectory(Path.Combine(_folder, keys), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await File.WriteAllTextAsync(configuration, $"""
            [database]
            connection = sqlite:///{_folder}/keystone.db
            [fernet_tokens]
            key_repository = {_folder}/fernet
            [credential]
            key_repository = {_folder}/credential
            [cache]
            enabled = false
            """);
        await Manage("db_sync");
        // One of Keystone's connections may be reading while another writes.
        await Programs.Run("/usr/bin/python3", "-c", $"import sqlite3; sqlite3.connect('{_folder}/keystone.db').execute('PRAGMA journal_mode=WAL')");
        // Its group has the name of its user on every Debian.
        await Manage("fernet_setup", "--keystone-user", Environment.UserName, "--keystone-group", Environment.UserName);
        await Manage("bootstrap", "--bootstrap-password", Password, "--bootstrap-public-url", AuthUrl.AbsoluteUri, "--bootstrap-region-id", Region);
        // By the server that Swift's own programs run on. The one that comes with Keystone is for trying things out, and resets connections now and then; so does uwsgi.
        var program = Path.Combine(_folder, "serve.py");
        await File.WriteAllTextAsync(program, $"""
            import os
            os.environ["OS_KEYSTONE_CONFIG_FILES"] = "{configuration}"
            import eventlet, eventlet.wsgi
            from keystone.server.wsgi import initialize_public_application
            eventlet.wsgi.server(eventlet.listen(("127.0.0.1", {port})), initialize_public_application())
            """);
        _programs.Start("/usr/bin/python3", program);
        await _programs.Answers(AuthUrl);
        var proxy = await swift.StartProxy("keystone-proxy", "authtoken keystoneauth", $"""
            [filter:authtoken]
            paste.filter_factory = keystonemiddleware.auth_token:filter_factory
            www_authenticate_uri = {AuthUrl}
            auth_url = {AuthUrl}
            auth_type = password
            username = admin
            password = {Password}
            project_name = admin
            user_domain_id = default
            project_domain_id = default
            delay_auth_decision = true
            interface = public
            cache = swift.cache
            [filter:keystoneauth]
            use = egg:swift#keystoneauth
            operator_roles = admin
            """);
        using var http = Client();
        var (token, _, project) = await Token(http);
        using var service = await Ask(http, token, HttpMethod.Post, "/services", """{"service":{"type":"object-store","name":"swift"}}""");
        var id = service.RootElement.GetProperty("service").GetProperty("id").GetString();
        var address = $"http://127.0.0.1:{proxy}/v1/AUTH_{project}";
        foreach (var kind in (string[])["public", "internal"])
            (await Ask(http, token, HttpMethod.Post, "/endpoints", $$"""{"endpoint":{"service_id":"{{id}}","interface":"{{kind}}","region_id":"{{Region}}","url":"{{address}}"} }""")).Dispose();
        using var container = new HttpRequestMessage(HttpMethod.Put, $"{address}/{SwiftServer.Container}") { Headers = { { "X-Auth-Token", token } } };
        using var made = await http.SendAsync(container);
        made.IsSuccessStatusCode.ShouldBeTrue($"{made}\n{swift.Said}");

        Task Manage(params string[] arguments) => Programs.Run("keystone-manage", ["--config-file", configuration, .. arguments]);
    }

    static HttpClient Client() => new() { DefaultRequestHeaders = { UserAgent = { new("slipway-tests", null) } } };

    async Task<(string Token, string User, string Project)> Token(HttpClient http)
    {
        using var answer = await http.PostAsync(new Uri(AuthUrl + "/auth/tokens"), new StringContent($$"""
            {"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"admin","domain":{"id":"default"},"password":"{{Password}}"} } },
             "scope":{"project":{"name":"admin","domain":{"id":"default"} } } } }
            """, null, "application/json"));
        using var json = await answer.Content.ReadFromJsonAsync<JsonDocument>();
        var token = json!.RootElement.GetProperty("token");
        return (answer.Header("X-Subject-Token")!, token.GetProperty("user").GetProperty("id").GetString()!, token.GetProperty("project").GetProperty("id").GetString()!);
    }

    async Task<JsonDocument> Ask(HttpClient http, string token, HttpMethod method, string path, string body)
    {
        using var request = new HttpRequestMessage(method, AuthUrl + path) { Content = new StringContent(body, null, "application/json"), Headers = { { "X-Auth-Token", token } } };
        using var answer = await http.SendAsync(request);
        var text = await answer.Text();
        answer.IsSuccessStatusCode.ShouldBeTrue($"{method} {path}: {text}\n{_programs.Said}");
        return JsonDocument.Parse(text);
    }
}
