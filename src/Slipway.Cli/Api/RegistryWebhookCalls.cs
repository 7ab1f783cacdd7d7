using Slipway.Delivery;
using Slipway.Registry.Notifications;
using Slipway.Server.Api.Registry;

namespace Slipway.Cli.Api;

/// <summary>/api/v1/registry/webhooks</summary>
static class RegistryWebhookCalls
{
    public const string Path = "/registry/webhooks";

    public static Task<IReadOnlyList<WebhookStatus>> Webhooks(this ApiClient api, CancellationToken cancel) =>
        api.Get("/api/v1" + Path, WebhooksJson.Default.IReadOnlyListWebhookStatus, cancel);

    public static async Task<WebhookStatus> AddWebhook(this ApiClient api, WebhookRequest request, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Post, "/api/v1" + Path, ApiClient.Json(request, WebhooksJson.Default.WebhookRequest), cancel);
        return await api.Read(answer, WebhooksJson.Default.WebhookStatus, cancel);
    }

    public static async Task RemoveWebhook(this ApiClient api, string name, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Delete, $"/api/v1{Path}/{Uri.EscapeDataString(name)}", null, cancel)).Dispose();

    public static async Task<WebhookTrial> TestWebhook(this ApiClient api, string name, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Post, $"/api/v1{Path}/{Uri.EscapeDataString(name)}/test", null, cancel);
        return await api.Read(answer, WebhooksJson.Default.WebhookTrial, cancel);
    }
}
