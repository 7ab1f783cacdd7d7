using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Slipway.Model;
using Slipway.Registry.Manifests;

namespace Slipway.Registry.Mirroring.Client;

/// <summary>
/// The client's side of the OCI Distribution Specification 1.1, for pulling; <see cref="RegistryPusher"/> is the other half. "Not there" is an answer
/// (null), all else that is not what was asked for a <see cref="RemoteException"/>. Thread-safe.
/// </summary>
sealed class RegistryClient : IDisposable
{
    const int MaxManifest = 16 << 20;
    const int MaxList = 16 << 20;
    static readonly string[] ManifestTypes = [ManifestDocument.OciIndex, ManifestDocument.DockerList, ManifestDocument.OciImage, ManifestDocument.DockerImage];

    readonly TimeProvider _time;

    public RegistryClient(RemoteRegistry registry, TimeProvider time)
    {
        (Registry, _time) = (registry, time);
        Transport = new Transport(registry, time);
        Limit = new RateLimit(time);
    }

    public RemoteRegistry Registry { get; }

    public RateLimit Limit { get; }

    public Transport Transport { get; }

    /// <summary>Which manifest a tag or digest is, without getting it: what registries do not count against a limit.</summary>
    public async Task<ManifestHead?> Head(string repository, string reference, Patience patience, CancellationToken cancel)
    {
        using var answer = await Ask(HttpMethod.Head, repository, $"manifests/{reference}", patience, cancel, AcceptManifests);
        if (answer is null) return null;
        var digest = answer.Headers.TryGetValues("Docker-Content-Digest", out var values) && Digest.TryParse(values.First(), out var parsed) ? parsed : (Digest?)null;
        return new ManifestHead(digest, answer.Content.Headers.ContentType?.MediaType, answer.Content.Headers.ContentLength);
    }

    public async Task<RemoteManifest?> Manifest(string repository, string reference, Patience patience, CancellationToken cancel)
    {
        using var answer = await Ask(HttpMethod.Get, repository, $"manifests/{reference}", patience, cancel, AcceptManifests);
        if (answer is null) return null;
        var content = await Within(patience, token => Bodies.Read(answer, MaxManifest, token), cancel)
            ?? throw new CorruptContentException($"{Registry} answered a manifest of more than {MaxManifest} bytes for {repository}:{reference}.");
        var wanted = Digest.TryParse(reference, out var asked) ? asked
            : answer.Headers.TryGetValues("Docker-Content-Digest", out var values) && Digest.TryParse(values.First(), out var said) ? said
            : Digest.Sha256(content);
        var digest = wanted.Algorithm == "sha512" ? Digest.Parse("sha512:" + Convert.ToHexStringLower(SHA512.HashData(content))) : Digest.Sha256(content);
        if (digest != wanted) throw new CorruptContentException($"{Registry} answered a manifest with the digest {digest} where it should be {wanted}.");
        return new RemoteManifest(digest, answer.Content.Headers.ContentType?.MediaType, content);
    }

    /// <summary>A blob's size, or null where the repository does not have it.</summary>
    public async Task<BlobHead?> HeadBlob(string repository, Digest digest, Patience patience, CancellationToken cancel)
    {
        using var answer = await Ask(HttpMethod.Head, repository, $"blobs/{digest}", patience, cancel);
        return answer is null ? null : new BlobHead(answer.Content.Headers.ContentLength);
    }

    /// <summary>A blob's bytes from an offset; they go on after a cut. Null where the repository does not have it.</summary>
    public async Task<RemoteBlob?> OpenBlob(string repository, Digest digest, long offset, Patience patience, CancellationToken cancel)
    {
        if (await OpenPart(repository, digest, offset, patience, cancel) is not { } part) return null;
        return new RemoteBlob(part, (from, token) => OpenPart(repository, digest, from, patience, token), $"blob {digest} from {Registry}", patience, _time);
    }

    /// <summary>Tags in pages, all of them; empty where there is no such repository.</summary>
    public async Task<IReadOnlyList<string>> Tags(string repository, Patience patience, CancellationToken cancel)
    {
        var tags = new List<string>();
        var path = "tags/list?n=1000";
        for (var pages = 0; pages < 10_000; pages++)
        {
            using var answer = await Ask(HttpMethod.Get, repository, path, patience, cancel);
            if (answer is null) return tags;
            tags.AddRange((await ReadList(answer, RemoteJson.Default.RemoteTags, patience, cancel)).Tags ?? []);
            if (Next(answer) is not { } next) return tags;
            path = "tags/list" + next;
        }
        return tags;
    }

    /// <summary>Repositories that the registry lists; null where it has no catalog (Docker Hub has none).</summary>
    public async Task<IReadOnlyList<string>?> Catalog(Patience patience, CancellationToken cancel)
    {
        var names = new List<string>();
        var query = "?n=1000";
        for (var pages = 0; pages < 10_000; pages++)
        {
            var url = new Uri(Registry.Url, "/v2/_catalog" + query);
            using var answer = await Transport.Send(() => new HttpRequestMessage(HttpMethod.Get, url), "registry:catalog:*", patience, cancel);
            if (!answer.IsSuccessStatusCode) return null;
            names.AddRange((await ReadList(answer, RemoteJson.Default.RemoteCatalog, patience, cancel)).Repositories ?? []);
            if (Next(answer) is not { } next) break;
            query = next;
        }
        return [.. names.Where(name => name.StartsWith(Registry.Prefix, StringComparison.Ordinal)).Select(name => name[Registry.Prefix.Length..])];
    }

    /// <summary>What refers to a digest: by the referrers API, or where there is none by the tag that stands for it ("Referrers Tag Schema").</summary>
    public async Task<IReadOnlyList<RemoteDescriptor>> Referrers(string repository, Digest subject, Patience patience, CancellationToken cancel)
    {
        var found = new List<RemoteDescriptor>();
        var path = $"referrers/{subject}";
        for (var pages = 0; pages < 1000; pages++)
        {
            using var answer = await Ask(HttpMethod.Get, repository, path, patience, cancel);
            if (answer is null || answer.Content.Headers.ContentType?.MediaType != ManifestDocument.OciIndex) break;
            found.AddRange((await ReadList(answer, RemoteJson.Default.RemoteIndex, patience, cancel)).Manifests ?? []);
            if (Next(answer) is not { } next) return found;
            path = $"referrers/{subject}{next}";
        }
        if (found.Count > 0) return found;
        if (await Manifest(repository, FallbackTag(subject), patience, cancel) is not { } index) return [];
        try
        {
            return JsonSerializer.Deserialize(index.Content, RemoteJson.Default.RemoteIndex)?.Manifests ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    public static string FallbackTag(Digest subject) => $"{subject.Algorithm}-{subject.Hex}"[..Math.Min(subject.Algorithm.Length + 1 + subject.Hex.Length, Names.TagName.MaxLength)];

    public Uri UrlOf(string repository, string path) => new(Registry.Url, $"/v2/{Registry.NameOf(repository)}/{path}");

    public string PullScope(string repository) => $"repository:{Registry.NameOf(repository)}:pull";

    public void Dispose() => Transport.Dispose();

    async Task<HttpResponseMessage?> Ask(HttpMethod method, string repository, string path, Patience patience, CancellationToken cancel, Action<HttpRequestMessage>? more = null)
    {
        var url = UrlOf(repository, path);
        var answer = await Transport.Send(() =>
        {
            var request = new HttpRequestMessage(method, url);
            more?.Invoke(request);
            return request;
        }, PullScope(repository), patience, cancel);
        Limit.Read(answer.Headers);
        if (answer.IsSuccessStatusCode) return answer;
        using (answer)
        {
            if (answer.StatusCode == HttpStatusCode.NotFound) return null;
            throw await Transport.Explain(answer, cancel);
        }
    }

    async Task<BlobPart?> OpenPart(string repository, Digest digest, long offset, Patience patience, CancellationToken cancel)
    {
        var answer = await Ask(HttpMethod.Get, repository, $"blobs/{digest}", patience, cancel, request =>
        {
            if (offset > 0) request.Headers.Range = new RangeHeaderValue(offset, null);
        });
        if (answer is null) return null;
        var partial = answer.StatusCode == HttpStatusCode.PartialContent;
        var range = answer.Content.Headers.ContentRange;
        if (partial && range?.From != offset)
        {
            answer.Dispose();
            throw new CorruptContentException(string.Create(CultureInfo.InvariantCulture, $"{Registry} answered bytes from {range?.From} of blob {digest}, asked for were those from {offset}."));
        }
        var total = partial ? range!.Length ?? offset + answer.Content.Headers.ContentLength : answer.Content.Headers.ContentLength;
        // Who does not know ranges sends all of it: what we have is read over.
        return new BlobPart(answer, await answer.Content.ReadAsStreamAsync(cancel), partial ? offset : 0, offset, total);
    }

    async Task<T> ReadList<T>(HttpResponseMessage answer, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, Patience patience, CancellationToken cancel)
    {
        try
        {
            var body = await Within(patience, token => Bodies.Read(answer, MaxList, token), cancel) ?? throw new CorruptContentException($"{Registry} answered a list of more than {MaxList} bytes.");
            return JsonSerializer.Deserialize(body, type) ?? throw new JsonException("null");
        }
        catch (JsonException wrong)
        {
            throw new CorruptContentException($"{Registry} answered no list to {answer.RequestMessage!.RequestUri!.AbsolutePath}: {wrong.Message}");
        }
    }

    async Task<T> Within<T>(Patience patience, Func<CancellationToken, Task<T>> read, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(patience.Silence);
        try
        {
            return await read(limit.Token);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException and not RemoteException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            throw new RemoteException($"{Registry} broke off its answer: {broken.Message}", null, broken);
        }
    }

    // Only the query of the next page is taken: where the list is, is known.
    static string? Next(HttpResponseMessage answer)
    {
        if (!answer.Headers.TryGetValues("Link", out var links)) return null;
        var link = links.First();
        var (start, end) = (link.IndexOf('<', StringComparison.Ordinal), link.IndexOf('>', StringComparison.Ordinal));
        if (start < 0 || end < start || !link.Contains("next", StringComparison.Ordinal)) return null;
        var target = link[(start + 1)..end];
        return target.IndexOf('?', StringComparison.Ordinal) is var query and >= 0 ? target[query..] : null;
    }

    static void AcceptManifests(HttpRequestMessage request)
    {
        foreach (var type in ManifestTypes) request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
    }
}

/// <param name="Digest">Null where the registry did not say.</param>
sealed record ManifestHead(Digest? Digest, string? MediaType, long? Size);

sealed record RemoteManifest(Digest Digest, string? MediaType, byte[] Content);

sealed record BlobHead(long? Size);

sealed record RemoteTags(IReadOnlyList<string>? Tags);

sealed record RemoteCatalog(IReadOnlyList<string>? Repositories);

sealed record RemoteIndex
{
    public int SchemaVersion { get; init; } = 2;

    public string? MediaType { get; init; } = ManifestDocument.OciIndex;

    public IReadOnlyList<RemoteDescriptor>? Manifests { get; init; }
}

sealed record RemoteDescriptor
{
    public string? MediaType { get; init; }

    public required Digest Digest { get; init; }

    public long Size { get; init; }

    public string? ArtifactType { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    public JsonElement? Platform { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 64)]
[JsonSerializable(typeof(RemoteTags))]
[JsonSerializable(typeof(RemoteCatalog))]
[JsonSerializable(typeof(RemoteIndex))]
sealed partial class RemoteJson : JsonSerializerContext;
