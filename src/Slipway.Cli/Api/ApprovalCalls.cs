using Slipway.Model;
using Slipway.Server.Api;

namespace Slipway.Cli.Api;

/// <summary>/api/v1/apps/{app}/approvals</summary>
static class ApprovalCalls
{
    public static string Path(AppName app) => $"/apps/{app}/approvals";

    public static async Task<ApprovalRule?> Approvals(this ApiClient api, AppName app, CancellationToken cancel) => (await api.Get("/api/v1" + Path(app), ApprovalsJson.Default.ApprovalStatus, cancel)).Rule;

    public static async Task SetApprovals(this ApiClient api, AppName app, ApprovalRule rule, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Put, "/api/v1" + Path(app), ApiClient.Json(rule, ModelJson.Default.ApprovalRule), cancel)).Dispose();

    public static async Task LiftApprovals(this ApiClient api, AppName app, CancellationToken cancel) => (await api.Send(HttpMethod.Delete, "/api/v1" + Path(app), null, cancel)).Dispose();
}
