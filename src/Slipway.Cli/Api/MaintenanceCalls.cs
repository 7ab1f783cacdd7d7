using System.Net;
using Slipway.Model;
using Slipway.Server.Api;

namespace Slipway.Cli.Api;

/// <summary>/api/v1/apps/{app}/maintenance. Each returns whether every gateway does so already.</summary>
static class MaintenanceCalls
{
    public static async Task<bool> BeginMaintenance(this ApiClient api, AppName app, string? message, int? retryAfter, CancellationToken cancel)
    {
        var body = ApiClient.Json(new MaintenanceRequest { Message = message, RetryAfter = retryAfter }, ApiJson.Default.MaintenanceRequest);
        using var answer = await api.Send(HttpMethod.Put, $"/api/v1/apps/{app}/maintenance", body, cancel);
        return answer.StatusCode != HttpStatusCode.Accepted;
    }

    public static async Task<bool> EndMaintenance(this ApiClient api, AppName app, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Delete, $"/api/v1/apps/{app}/maintenance", null, cancel);
        return answer.StatusCode != HttpStatusCode.Accepted;
    }
}
