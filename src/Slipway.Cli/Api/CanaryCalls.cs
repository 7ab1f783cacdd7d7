using Slipway.Model;
using Slipway.Server.Api;

namespace Slipway.Cli.Api;

/// <summary>/api/v1/apps/{app}/promote, /pause, /resume, /releases/{number}/report; /api/v1/rollouts/{id}/canary</summary>
static class CanaryCalls
{
    /// <param name="toStep">Of a canary, from 1; null: the next one, or of blue-green all of it.</param>
    public static Task<Rollout> Promote(this ApiClient api, AppName app, CancellationToken cancel, int? toStep = null, bool despiteFreeze = false, bool despiteApprovals = false) =>
        api.Start($"/api/v1/apps/{app}/promote", toStep is null && !despiteFreeze && !despiteApprovals ? null : ApiClient.Json(new PromoteRequest { ToStep = toStep, DespiteFreeze = despiteFreeze, DespiteApprovals = despiteApprovals }, ApiJson.Default.PromoteRequest), cancel);

    public static Task<Rollout> Pause(this ApiClient api, AppName app, CancellationToken cancel) => api.Start($"/api/v1/apps/{app}/pause", null, cancel);

    public static Task<Rollout> Resume(this ApiClient api, AppName app, CancellationToken cancel) => api.Start($"/api/v1/apps/{app}/resume", null, cancel);

    /// <returns>Null where the rollout is no canary, or has not come to its first step.</returns>
    public static async Task<CanaryStatus?> Canary(this ApiClient api, long rollout, CancellationToken cancel)
    {
        try
        {
            return await api.Get(ApiClient.Invariant($"/api/v1/rollouts/{rollout}/canary"), ModelJson.Default.CanaryStatus, cancel);
        }
        catch (ApiException none) when (none.Problem.Status == 404)
        {
            return null;
        }
    }

    public static string ReportPath(AppName app, int release) => ApiClient.Invariant($"/apps/{app}/releases/{release}/report");

    public static Task<ReleaseReport> ReleaseReport(this ApiClient api, AppName app, int release, CancellationToken cancel) =>
        api.Get("/api/v1" + ReportPath(app, release), ModelJson.Default.ReleaseReport, cancel);
}
