using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Slipway.Contracts;
using Slipway.Registry.Images;

namespace Slipway.Registry.Tests;

/// <summary>
/// A registry on a loopback port over a folder and a database of its own; <see cref="Restart"/> puts a new process's worth of it over the same,
/// <see cref="StartBeside"/> a second server.
/// </summary>
public sealed class RegistryHost : IAsyncDisposable
{
    readonly string _folder;
    readonly TestDatabase _place;
    readonly bool _isSecond;
    readonly Func<RegistryOptions, RegistryOptions> _configure;
    readonly Action<IServiceCollection> _services;
    WebApplication _app = null!;
    Database.Database _database = null!;

    RegistryHost(string folder, TestDatabase place, bool isSecond, Func<RegistryOptions, RegistryOptions> configure, Action<IServiceCollection> services) =>
        (_folder, _place, _isSecond, _configure, _services) = (folder, place, isSecond, configure, services);

    public HttpClient Client { get; private set; } = null!;

    public string BlobFolder => Path.Combine(_folder, "registry");

    /// <summary>The files of blobs and uploads, whatever they are called.</summary>
    public IEnumerable<string> Files => Directory.EnumerateFiles(BlobFolder, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "store-id");

    public IServiceProvider Services => _app.Services;

    public Database.Database Db => _database;

    public ImageCatalog Catalog => Services.GetRequiredService<ImageCatalog>();

    public ManualTime Time { get; } = new();

    /// <summary>What something outside needs, as the server would say.</summary>
    public List<ImageUse> InUse { get; } = [];

    /// <param name="configure">Changes the options.</param>
    /// <param name="services">Changes the services, after the registry's own.</param>
    /// <param name="folder">Of database and blobs; removed at the end. Null: a new one.</param>
    public static async Task<RegistryHost> Start(
        Func<RegistryOptions, RegistryOptions>? configure = null, Action<IServiceCollection>? services = null, string? folder = null)
    {
        folder ??= Directory.CreateTempSubdirectory("slipway-registry-").FullName;
        return await Start(folder, TestDatabase.In(folder), isSecond: false, configure, services);
    }

    /// <summary>Over PostgreSQL, whatever the environment says: for what several servers do.</summary>
    public static Task<RegistryHost> StartShared(Func<RegistryOptions, RegistryOptions>? configure = null, Action<IServiceCollection>? services = null) =>
        Start(Directory.CreateTempSubdirectory("slipway-registry-").FullName, TestDatabase.InPostgres(), isSecond: false, configure, services);

    /// <summary>A second server over the same database and the same bytes; it has to end before this one does.</summary>
    public Task<RegistryHost> StartBeside() => Start(_folder, _place, isSecond: true, _configure, _services);

    static async Task<RegistryHost> Start(
        string folder, TestDatabase place, bool isSecond, Func<RegistryOptions, RegistryOptions>? configure, Action<IServiceCollection>? services)
    {
        var host = new RegistryHost(folder, place, isSecond, configure ?? (options => options), services ?? (_ => { }));
        await host.Open();
        return host;
    }

    /// <param name="between">What happens to the folder while no process has it.</param>
    public async Task Restart(Action? between = null)
    {
        await Close();
        between?.Invoke();
        await Open();
    }

    public async ValueTask DisposeAsync()
    {
        await Close();
        if (_isSecond) return;
        _place.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    async Task Open()
    {
        _database = Database.Database.Open(_place.Address, RegistryExtensions.RegistryMigrations);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton<TimeProvider>(Time).AddSingleton(_database).AddSingleton(new ImageUses(_ => [.. InUse])).AddRegistry(_configure(new RegistryOptions { Folder = BlobFolder, MinFreeBytes = 0 }));
        _services(builder.Services);
        _app = builder.Build();
        _app.MapRegistry();
        await _app.Services.CheckRegistryStore(default);
        await _app.StartAsync();
        var address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Client = new HttpClient { BaseAddress = new Uri(address) };
    }

    async Task Close()
    {
        Client.Dispose();
        await _app.StopAsync(new CancellationToken(true));
        await _app.DisposeAsync();
        await _database.DisposeAsync();
    }
}

/// <summary>The real time, and as much later as a test says.</summary>
public sealed class ManualTime : TimeProvider
{
    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
}

static class Client
{
    public const string OciImage = "application/vnd.oci.image.manifest.v1+json";
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";

    static readonly System.Collections.Concurrent.ConcurrentDictionary<string, long> Sizes = new();

    public static string Sha256(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

    public static string Sha512(byte[] content) => "sha512:" + Convert.ToHexStringLower(SHA512.HashData(content));

    public static byte[] Random(int size, int seed = 1)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static Task<HttpResponseMessage> Send(this HttpClient client, string method, string path, byte[]? body = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new ByteArrayContent(body);
        else if (method is "POST" or "PUT" or "PATCH") request.Content = new ByteArrayContent([]);
        foreach (var (name, value) in headers)
            if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content!.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
        return client.SendAsync(request);
    }

    public static async Task<string> StartUpload(this HttpClient client, string repository, string query = "")
    {
        var response = await client.Send("POST", $"/v2/{repository}/blobs/uploads/{query}");
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        return response.Headers.Location!.OriginalString;
    }

    /// <summary>Of what was pushed by <see cref="PushBlob"/>; of anything else, some size.</summary>
    public static long SizeOf(string digest) => Sizes.GetValueOrDefault(digest, 1000);

    /// <summary>The digest of what is to be pushed, so that a manifest which is written before that states its size.</summary>
    public static string Announce(byte[] content)
    {
        var digest = Sha256(content);
        Sizes[digest] = content.Length;
        return digest;
    }

    public static async Task<string> PushBlob(this HttpClient client, string repository, byte[] content)
    {
        var digest = Announce(content);
        var response = await client.Send("PUT", $"{await client.StartUpload(repository)}?digest={digest}", content);
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        return digest;
    }

    public static Task<HttpResponseMessage> PutManifest(this HttpClient client, string repository, string reference, string manifest, string mediaType = OciImage) =>
        client.Send("PUT", $"/v2/{repository}/manifests/{reference}", Encoding.UTF8.GetBytes(manifest), ("Content-Type", mediaType));

    /// <summary>Pushes config, layer and manifest; returns the manifest's digest.</summary>
    public static async Task<string> PushImage(this HttpClient client, string repository, string tag, int seed = 1)
    {
        var manifest = await client.ImageManifest(repository, seed);
        (await client.PutManifest(repository, tag, manifest)).StatusCode.ShouldBe(HttpStatusCode.Created);
        return Sha256(Encoding.UTF8.GetBytes(manifest));
    }

    /// <summary>Pushes config and layer, and writes the manifest that refers to them.</summary>
    public static async Task<string> ImageManifest(this HttpClient client, string repository, int seed = 1, string more = "")
    {
        var config = await client.PushBlob(repository, Encoding.UTF8.GetBytes($$"""{"seed":{{seed}}}"""));
        var layer = await client.PushBlob(repository, Random(1000, seed));
        return Image(config, [layer], more);
    }

    public static string Image(string config, string[] layers, string more = "") =>
        $$"""
        {"schemaVersion":2,"mediaType":"{{OciImage}}","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{config}}","size":{{SizeOf(config)}}},
        "layers":[{{string.Join(",", layers.Select(layer => $$"""{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{{layer}}","size":{{SizeOf(layer)}}}"""))}}]{{more}}}
        """;

    public static string? Header(this HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;

    public static Task<string> Text(this HttpResponseMessage response) => response.Content.ReadAsStringAsync();

    /// <summary>Status and first code of a refusal, whose body must be the specification's.</summary>
    public static async Task ShouldBeRefused(this HttpResponseMessage response, int status, string code)
    {
        var text = await response.Text();
        ((int)response.StatusCode).ShouldBe(status, text);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/json");
        using var json = System.Text.Json.JsonDocument.Parse(text);
        var error = json.RootElement.GetProperty("errors")[0];
        error.GetProperty("code").GetString().ShouldBe(code);
        error.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
    }
}
