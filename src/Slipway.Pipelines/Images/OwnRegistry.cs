using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Serialization;
using Slipway.Engines.Docker;

namespace Slipway.Pipelines.Images;

/// <summary>
/// Our own registry, asked over HTTP what it has (OCI Distribution Specification 1.1); bytes go there through the engine.
/// Thread-safe.
/// </summary>
internal sealed class OwnRegistry(ImageOptions options) : IDisposable
{
    const string User = "admin";

    static readonly string[] ManifestTypes =
    [
        "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json", "application/vnd.docker.distribution.manifest.list.v2+json",
    ];

    readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = true })
    {
        BaseAddress = new Uri($"http://{options.RegistryAddress}"),
        Timeout = TimeSpan.FromSeconds(30),
    };

    public string Address => options.RegistryAddress;

    /// <summary>For the engine, which pushes and pulls.</summary>
    public RegistryCredential Credential => new(Address, User, options.RegistryPassword());

    /// <summary>The whole name of a repository of ours: 127.0.0.1:8080/guestbook/web</summary>
    public string Name(string repository) => $"{Address}/{repository}";

    /// <param name="reference">A tag or a digest.</param>
    /// <exception cref="HttpRequestException">The registry does not answer, or answers neither 200 nor 404.</exception>
    public async Task<bool> Has(string repository, string reference, CancellationToken cancel)
    {
        using var request = Request(HttpMethod.Head, $"/v2/{repository}/manifests/{reference}");
        foreach (var type in ManifestTypes) request.Headers.Accept.ParseAdd(type);
        using var answer = await _http.SendAsync(request, cancel);
        if (answer.StatusCode == HttpStatusCode.NotFound) return false;
        answer.EnsureSuccessStatusCode();
        return true;
    }

    /// <summary>Repositories below a path, all of them.</summary>
    /// <exception cref="HttpRequestException">The registry does not answer as it should.</exception>
    public async Task<IReadOnlyList<string>> Repositories(string prefix, CancellationToken cancel)
    {
        const int Page = 1000;
        var found = new List<string>();
        for (string? last = null; ;)
        {
            var page = await Get($"/v2/_catalog?n={Page}{(last is null ? "" : "&last=" + Uri.EscapeDataString(last))}", RegistryJson.Default.CatalogPage, cancel);
            if (page?.Repositories is not { Count: > 0 } names) return found;
            found.AddRange(names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)));
            if (names.Count < Page) return found;
            last = names[^1];
        }
    }

    public async Task<IReadOnlyList<string>> Tags(string repository, CancellationToken cancel) =>
        (await Get($"/v2/{repository}/tags/list", RegistryJson.Default.TagPage, cancel))?.Tags ?? [];

    public void Dispose() => _http.Dispose();

    async Task<T?> Get<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, CancellationToken cancel) where T : class
    {
        using var request = Request(HttpMethod.Get, path);
        using var answer = await _http.SendAsync(request, cancel);
        if (answer.StatusCode == HttpStatusCode.NotFound) return null;
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync(type, cancel);
    }

    HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, path);
        var pair = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{options.RegistryPassword()}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", pair);
        return request;
    }
}

internal sealed record CatalogPage(IReadOnlyList<string>? Repositories);

internal sealed record TagPage(IReadOnlyList<string>? Tags);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CatalogPage))]
[JsonSerializable(typeof(TagPage))]
internal sealed partial class RegistryJson : JsonSerializerContext;
