using Slipway.Model;
using Slipway.Server.Api;

namespace Slipway.Cli.Api;

/// <summary>/api/v1/apps/{app}/previews</summary>
static class PreviewCalls
{
    /// <summary>Below /api/v1.</summary>
    public static string Path(AppName app, string? name = null) => name is null ? $"/apps/{app}/previews" : $"/apps/{app}/previews/{Uri.EscapeDataString(name)}";

    public static Task<IReadOnlyList<AppStatus>> Previews(this ApiClient api, AppName app, CancellationToken cancel) =>
        api.Get("/api/v1" + Path(app), ModelJson.Default.IReadOnlyListAppStatus, cancel);

    public static Task<AppStatus> Preview(this ApiClient api, AppName app, string name, CancellationToken cancel) =>
        api.Get("/api/v1" + Path(app, name), ModelJson.Default.AppStatus, cancel);

    public static Task<Rollout> DeployPreview(this ApiClient api, AppName app, string name, DeploySource source, string? lasts, bool despiteFreeze, CancellationToken cancel) =>
        api.Start("/api/v1" + Path(app), ApiClient.Json(new PreviewRequest { Name = name, Source = source, For = lasts, DespiteFreeze = despiteFreeze }, ApiJson.Default.PreviewRequest), cancel);

    public static async Task<AppStatus> ExtendPreview(this ApiClient api, AppName app, string name, string lasts, CancellationToken cancel)
    {
        var body = ApiClient.Json(new PreviewExtension { For = lasts }, ApiJson.Default.PreviewExtension);
        using var answer = await api.Send(HttpMethod.Post, $"/api/v1{Path(app, name)}/extend", body, cancel);
        return await api.Read(answer, ModelJson.Default.AppStatus, cancel);
    }

    public static async Task RemovePreview(this ApiClient api, AppName app, string name, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Delete, "/api/v1" + Path(app, name), null, cancel)).Dispose();
}
