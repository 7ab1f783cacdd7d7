using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Slipway.Registry.Auth;
using Slipway.Registry.Manifests;
using Slipway.Registry.Mirroring.Caching;
using Slipway.Registry.Names;

namespace Slipway.Registry.Endpoints;

/// <summary>"Determining Support", "Listing Tags", "Listing Referrers", and the catalog that came before the specification.</summary>
sealed class ListEndpoints(Listings listings, CachedReferrers cached)
{
    /// <summary>Entries of a page when none are asked for.</summary>
    const int UsualPage = 1000;

    /// <summary>Entries of a page, whatever is asked for; a Link leads to the next.</summary>
    const int MaxPage = 10_000;

    public static Task Base(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = 2;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync("{}", context.RequestAborted);
    }

    public async Task Catalog(HttpContext context)
    {
        if (await PageSize(context) is not { } size) return;
        var names = SeenRepositories(context, context.Request.Query["last"].ToString(), size + 1);
        await WritePage(context, "/v2/_catalog", names, size, name => name, page => new RepositoryList(page), RegistryJson.Plain.RepositoryList);
    }

    /// <summary>Those that the caller may pull from.</summary>
    IReadOnlyList<string> SeenRepositories(HttpContext context, string after, int wanted)
    {
        if (context.Features.Get<RequestAccess>() is not { Identity.Rights.IsAdmin: false } access) return listings.Repositories(after, wanted);
        const int Batch = 1000;
        var seen = new List<string>();
        while (listings.Repositories(after, Batch) is { Count: > 0 } some)
        {
            foreach (var name in some)
                if (RepositoryName.TryParse(name, out var repository) && access.Lists(repository)) seen.Add(name);
            if (seen.Count >= wanted) return seen[..wanted];
            if (some.Count < Batch) break;
            after = some[^1];
        }
        return seen;
    }

    public async Task Tags(HttpContext context, RegistryRequest.Tags request)
    {
        if (await PageSize(context) is not { } size) return;
        if (listings.Tags(request.Repository, context.Request.Query["last"].ToString(), size + 1) is not { } tags)
        {
            await RegistryError.NameUnknown(request.Repository).Write(context);
            return;
        }
        await WritePage(context, $"/v2/{request.Repository}/tags/list", tags, size, tag => tag, page => new TagList(request.Repository.Value, page), RegistryJson.Plain.TagList);
    }

    public async Task Referrers(HttpContext context, RegistryRequest.Referrers request)
    {
        if (await PageSize(context) is not { } size) return;
        var query = context.Request.Query;
        var artifactType = query["artifactType"].ToString() is { Length: > 0 } asked ? asked : null;
        if (artifactType is not null) context.Response.Headers["OCI-Filters-Applied"] = "artifactType";
        UpstreamHeaders.Write(context.Response, null, await cached.Bring(request.Repository, request.Subject, context.RequestAborted));
        var (referrers, more) = listings.Referrers(request.Repository, request.Subject, artifactType, query["last"].ToString(), size);
        context.Response.ContentType = ManifestDocument.OciIndex;
        if (more && size > 0) LinkNext(context, $"/v2/{request.Repository}/referrers/{request.Subject}", size, referrers[^1].Digest, artifactType);
        await Write(context, new ReferrerIndex(2, ManifestDocument.OciIndex, [.. referrers.Select(ReferrerEntry.Of)]), RegistryJson.Plain.ReferrerIndex);
    }

    /// <summary>'n', bounded; or null when the refusal is written.</summary>
    static async Task<int?> PageSize(HttpContext context)
    {
        if (!context.Request.Query.TryGetValue("n", out var text)) return UsualPage;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n)) return (int)Math.Min(n, MaxPage);
        await RegistryError.PageInvalid(text.ToString()).Write(context);
        return null;
    }

    // One entry more than the page was asked of the database: it tells whether there is a next page.
    static async Task WritePage<TEntry, TBody>(
        HttpContext context, string path, IReadOnlyList<TEntry> entries, int size, Func<TEntry, string> key, Func<IReadOnlyList<TEntry>, TBody> body,
        JsonTypeInfo<TBody> json)
    {
        var page = entries.Count > size ? [.. entries.Take(size)] : entries;
        if (entries.Count > size && size > 0) LinkNext(context, path, size, key(page[^1]));
        await Write(context, body(page), json);
    }

    static void LinkNext(HttpContext context, string path, int size, string last, string? artifactType = null)
    {
        var filter = artifactType is null ? "" : "&artifactType=" + Uri.EscapeDataString(artifactType);
        context.Response.Headers.Link = string.Create(CultureInfo.InvariantCulture, $"<{path}?n={size}&last={Uri.EscapeDataString(last)}{filter}>; rel=\"next\"");
    }

    static async Task Write<TBody>(HttpContext context, TBody body, JsonTypeInfo<TBody> json)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body, json);
        context.Response.ContentType ??= "application/json";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }
}

sealed record RepositoryList(IReadOnlyList<string> Repositories);

sealed record TagList(string Name, IReadOnlyList<string> Tags);

sealed record ReferrerIndex(int SchemaVersion, string MediaType, IReadOnlyList<ReferrerEntry> Manifests);

sealed record ReferrerEntry(string MediaType, long Size, string Digest, string? ArtifactType, JsonElement? Annotations)
{
    public static ReferrerEntry Of(Referrer referrer) => new(
        referrer.MediaType, referrer.Size, referrer.Digest, referrer.ArtifactType,
        referrer.Annotations is null ? null : JsonElement.Parse(referrer.Annotations));
}
