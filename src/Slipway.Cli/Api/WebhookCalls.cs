using System.Globalization;
using Slipway.Delivery;
using Slipway.Model;
using Slipway.Server.Api;
using Slipway.Server.Notifications;

namespace Slipway.Cli.Api;

/// <summary>/api/v1/webhooks, /apps/{app}/webhooks</summary>
static class WebhookCalls
{
    /// <param name="app">Null: those of all apps.</param>
    public static string Path(AppName? app, string? name = null, string what = "") =>
        $"{(app is { } one ? $"/apps/{one}" : "")}/webhooks{(name is null ? "" : "/" + Uri.EscapeDataString(name))}{what}";

    public static Task<IReadOnlyList<ReleaseWebhook>> ReleaseWebhooks(this ApiClient api, AppName? app, CancellationToken cancel) =>
        api.Get("/api/v1" + Path(app), ReleaseWebhooksJson.Default.IReadOnlyListReleaseWebhook, cancel);

    public static async Task<ReleaseWebhook> AddReleaseWebhook(this ApiClient api, AppName? app, ReleaseWebhookRequest request, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Post, "/api/v1" + Path(app), ApiClient.Json(request, ReleaseWebhooksJson.Default.ReleaseWebhookRequest), cancel);
        return await api.Read(answer, ReleaseWebhooksJson.Default.ReleaseWebhook, cancel);
    }

    public static async Task RemoveReleaseWebhook(this ApiClient api, AppName? app, string name, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Delete, "/api/v1" + Path(app, name), null, cancel)).Dispose();

    public static async Task<WebhookTrial> TestReleaseWebhook(this ApiClient api, AppName? app, string name, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Post, "/api/v1" + Path(app, name, "/test"), null, cancel);
        return await api.Read(answer, ReleaseWebhooksJson.Default.WebhookTrial, cancel);
    }

    public static async Task EnableReleaseWebhook(this ApiClient api, AppName? app, string name, bool fromNow, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Post, "/api/v1" + Path(app, name, fromNow ? "/enable?fromNow=true" : "/enable"), null, cancel)).Dispose();

    public static string DeliveriesPath(AppName? app, string name, string? state, int most) =>
        Path(app, name, $"/deliveries?most={most.ToString(CultureInfo.InvariantCulture)}{(state is null ? "" : "&state=" + Uri.EscapeDataString(state))}");

    public static Task<IReadOnlyList<ReleaseDelivery>> Deliveries(this ApiClient api, AppName? app, string name, string? state, int most, CancellationToken cancel) =>
        api.Get("/api/v1" + DeliveriesPath(app, name, state, most), ReleaseWebhooksJson.Default.IReadOnlyListReleaseDelivery, cancel);

    public static async Task<int> ResendDeliveries(this ApiClient api, AppName? app, string name, long? id, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Post, "/api/v1" + Path(app, name, id is { } one ? $"/resend?id={one.ToString(CultureInfo.InvariantCulture)}" : "/resend"), null, cancel);
        return (await api.Read(answer, ReleaseWebhooksJson.Default.ResentDeliveries, cancel)).Count;
    }
}
