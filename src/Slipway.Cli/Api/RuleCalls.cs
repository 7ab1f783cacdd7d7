using System.Globalization;
using Slipway.Registry.Rules;
using Slipway.Registry.Rules.Retention;
using Slipway.Server.Api.Registry;

namespace Slipway.Cli.Api;

/// <summary>/api/v1/registry/projects/{project}/rules</summary>
static class RuleCalls
{
    public static string RulesPath(string project) => $"/registry/projects/{Uri.EscapeDataString(project)}/rules";

    public static Task<ProjectRuleSet> Rules(this ApiClient api, string project, CancellationToken cancel) => api.Get("/api/v1" + RulesPath(project), RulesJson.Default.ProjectRuleSet, cancel);

    public static async Task<ImmutableRule> AddImmutable(this ApiClient api, string project, ImmutableRule rule, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Post, $"/api/v1{RulesPath(project)}/immutable", ApiClient.Json(rule, RulesJson.Default.ImmutableRule), cancel);
        return await api.Read(answer, RulesJson.Default.ImmutableRule, cancel);
    }

    public static async Task RemoveImmutable(this ApiClient api, string project, long id, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Delete, $"/api/v1{RulesPath(project)}/immutable/{id.ToString(CultureInfo.InvariantCulture)}", null, cancel)).Dispose();

    public static async Task<ProjectRuleSet> SetRetention(this ApiClient api, string project, RetentionPolicy policy, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Put, $"/api/v1{RulesPath(project)}/retention", ApiClient.Json(policy, RulesJson.Default.RetentionPolicy), cancel);
        return await api.Read(answer, RulesJson.Default.ProjectRuleSet, cancel);
    }

    public static async Task ClearRetention(this ApiClient api, string project, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Delete, $"/api/v1{RulesPath(project)}/retention", null, cancel)).Dispose();

    /// <param name="policy">One to try; null: the project's.</param>
    public static async Task<RetentionReport> TryRetention(this ApiClient api, string project, RetentionPolicy? policy, CancellationToken cancel)
    {
        var body = policy is null ? null : ApiClient.Json(policy, RulesJson.Default.RetentionPolicy);
        using var answer = await api.Send(HttpMethod.Post, $"/api/v1{RulesPath(project)}/retention/dry-run", body, cancel);
        return await api.Read(answer, RulesJson.Default.RetentionReport, cancel);
    }

    public static async Task<RetentionRun> RunRetention(this ApiClient api, string project, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Post, $"/api/v1{RulesPath(project)}/retention/run", null, cancel);
        return await api.Read(answer, RulesJson.Default.RetentionRun, cancel);
    }

    public static Task<IReadOnlyList<RetentionRun>> RetentionRuns(this ApiClient api, string project, CancellationToken cancel) =>
        api.Get($"/api/v1{RulesPath(project)}/retention/runs", RulesJson.Default.IReadOnlyListRetentionRun, cancel);

    public static async Task<ProjectRuleSet> SetQuota(this ApiClient api, string project, ProjectQuota quota, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Put, $"/api/v1{RulesPath(project)}/quota", ApiClient.Json(quota, RulesJson.Default.ProjectQuota), cancel);
        return await api.Read(answer, RulesJson.Default.ProjectRuleSet, cancel);
    }
}
