using System.Globalization;
using System.Text;
using Slipway.Registry.Images;
using Slipway.Registry.Images.Diffs;
using Slipway.Server.Api.Registry;

namespace Slipway.Cli.Api;

/// <summary>/api/v1/registry/images</summary>
static class ImageCalls
{
    const string Path = "/registry/images";

    public static string RepositoriesPath(string? pattern, string? label, string? after, int limit) => Query(Path, ("pattern", pattern), ("label", label), ("after", after), ("limit", Text(limit)));

    public static string TagsPath(string repository, string? label, string? after, int limit) =>
        Query($"{Path}/tags", ("repository", repository), ("label", label), ("after", after), ("limit", Text(limit)));

    public static string InspectPath(string image, string? platform) => Query($"{Path}/inspect", ("image", image), ("platform", platform));

    public static string DiffPath(string from, string to, string? platform, bool files) =>
        Query($"{Path}/diff", ("from", from), ("to", to), ("platform", platform), ("files", files ? "true" : "false"));

    public static Task<ImagePage<RepositoryEntry>> Repositories(this ApiClient api, string? pattern, string? label, string? after, int limit, CancellationToken cancel) =>
        api.Get("/api/v1" + RepositoriesPath(pattern, label, after, limit), ImagesJson.Default.ImagePageRepositoryEntry, cancel);

    public static Task<ImagePage<TagEntry>> Tags(this ApiClient api, string repository, string? label, string? after, int limit, CancellationToken cancel) =>
        api.Get("/api/v1" + TagsPath(repository, label, after, limit), ImagesJson.Default.ImagePageTagEntry, cancel);

    public static Task<ImageDetails> Inspect(this ApiClient api, string image, string? platform, CancellationToken cancel) =>
        api.Get("/api/v1" + InspectPath(image, platform), ImagesJson.Default.ImageDetails, cancel);

    public static Task<ImageDiff> Compare(this ApiClient api, string from, string to, string? platform, bool files, CancellationToken cancel) =>
        api.Get("/api/v1" + DiffPath(from, to, platform, files), ImagesJson.Default.ImageDiff, cancel);

    public static async Task<TaggedImage> TagImage(this ApiClient api, string source, string destination, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Post, $"/api/v1{Path}/tag", ApiClient.Json(new TagRequest { Source = source, Destination = destination }, ImagesJson.Default.TagRequest), cancel);
        return await api.Read(answer, ImagesJson.Default.TaggedImage, cancel);
    }

    public static async Task<RemovedImage> RemoveImage(this ApiClient api, string image, bool force, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Post, $"/api/v1{Path}/remove", ApiClient.Json(new RemoveRequest { Image = image, Force = force }, ImagesJson.Default.RemoveRequest), cancel);
        return await api.Read(answer, ImagesJson.Default.RemovedImage, cancel);
    }

    public static async Task<ImageLabelSet> LabelImage(this ApiClient api, string target, IReadOnlyDictionary<string, string?> labels, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Post, $"/api/v1{Path}/labels", ApiClient.Json(new LabelRequest { Target = target, Labels = labels }, ImagesJson.Default.LabelRequest), cancel);
        return await api.Read(answer, ImagesJson.Default.ImageLabelSet, cancel);
    }

    static string Query(string path, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var query = new StringBuilder(path);
        foreach (var (name, value) in parameters)
            if (value is not null) query.Append(query.Length == path.Length ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        return query.ToString();
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
