using Slipway.Model;
using Slipway.Server.Api;

namespace Slipway.Cli.Api;

/// <summary>/api/v1/apps/{app}/plan</summary>
static class PlanCalls
{
    public static async Task<DeployPlan> Plan(this ApiClient api, AppName app, DeploySource source, bool autoPromote, CancellationToken cancel)
    {
        var request = ApiClient.Json(new DeployRequest { Source = source, AutoPromote = autoPromote }, ApiJson.Default.DeployRequest);
        using var answer = await api.Send(HttpMethod.Post, $"/api/v1/apps/{app}/plan", request, cancel);
        return await api.Read(answer, ModelJson.Default.DeployPlan, cancel);
    }
}
