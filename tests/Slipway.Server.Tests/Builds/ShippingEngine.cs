using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Slipway.Model;
using Slipway.Server.Tests.Apps;

namespace Slipway.Server.Tests.Builds;

/// <summary>
/// A Docker Engine on a server's socket that builds, tags and really pushes to the server's registry, and runs nothing: what it is asked to create is
/// counted and refused.
/// </summary>
sealed class ShippingEngine : IAsyncDisposable
{
    readonly ConcurrentDictionary<string, EngineImage> _images = new();
    readonly WebApplication _app;
    readonly TestServer _server;

    ShippingEngine(TestServer server)
    {
        _server = server;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(Path.Combine(server.Data.Path, "no-engine.sock")));
        _app = builder.Build();
        _app.Run(Answer);
    }

    /// <summary>Requests to create a container or a network.</summary>
    public int Creations;

    public static async Task<ShippingEngine> Start(TestServer server)
    {
        var engine = new ShippingEngine(server);
        await engine._app.StartAsync(TestContext.Current.CancellationToken);
        return engine;
    }

    /// <summary>The engine has this image, as if it had pulled it.</summary>
    public void Has(string name, params string[] digests) => _images[name] = new EngineImage(Digest.Sha256(System.Text.Encoding.UTF8.GetBytes(name)), [.. digests]);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    async Task Answer(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        if (path.StartsWith("/v1.", StringComparison.Ordinal)) path = path[path.IndexOf('/', 1)..];
        var query = http.Request.Query;
        http.Response.Headers["Api-Version"] = "1.41";
        http.Response.ContentType = "application/json";
        await http.Request.Body.CopyToAsync(Stream.Null);
        if (path == "/_ping") return;
        if (path == "/build")
        {
            var image = new EngineImage(Digest.Sha256("built here"u8), []);
            _images[image.Id.Value] = image;
            await http.Response.WriteAsync($$"""{"aux":{"ID":"{{image.Id}}"} }""");
        }
        else if (path.StartsWith("/images/", StringComparison.Ordinal) && path.EndsWith("/json", StringComparison.Ordinal) && path != "/images/json")
        {
            if (Find(path["/images/".Length..^"/json".Length]) is { } image) await http.Response.WriteAsync(JsonSerializer.Serialize(new
            {
                Id = image.Id.Value,
                RepoTags = Array.Empty<string>(),
                RepoDigests = image.Digests,
                Os = "linux",
                Architecture = "amd64",
                Size = 1,
                Config = new { ExposedPorts = new Dictionary<string, object> { ["80/tcp"] = new { } } },
            }));
            else await Refuse(http, 404, "No such image");
        }
        else if (path.EndsWith("/tag", StringComparison.Ordinal))
        {
            _images[$"{query["repo"]}:{query["tag"]}"] = Find(path["/images/".Length..^"/tag".Length])!;
            http.Response.StatusCode = 201;
        }
        else if (path.EndsWith("/push", StringComparison.Ordinal))
        {
            var name = path["/images/".Length..^"/push".Length];
            // As the engine does with manifests that another tool wrote: the image is the same, its digest in the registry is not.
            var digest = await _server.PushImage(name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..], query["tag"]!, "[ ]");
            await http.Response.WriteAsync($$"""{"aux":{"Digest":"{{digest}}"} }""");
        }
        else if (path.EndsWith("/create", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref Creations);
            await Refuse(http, 500, "this engine runs nothing");
        }
        else await http.Response.WriteAsync(http.Request.Method == "GET" ? "[]" : "{}");
    }

    EngineImage? Find(string name) => _images.GetValueOrDefault(name) ?? _images.Values.FirstOrDefault(image => image.Id.Value == name);

    static Task Refuse(HttpContext http, int status, string message)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsync($$"""{"message":"{{message}}"}""");
    }

    sealed record EngineImage(Digest Id, IReadOnlyList<string> Digests);
}
