using Slipway.Registry.Policies;
using Slipway.Registry.Signatures.Trust;
using Slipway.Server.Api.Registry;

namespace Slipway.Cli.Api;

/// <summary>/api/v1/registry/trust, /api/v1/registry/policy and those of projects</summary>
static class SignatureCalls
{
    public const string TrustPath = "/registry/trust";

    public const string PoliciesPath = "/registry/policies";

    public static string TrustPathOf(string name) => $"{TrustPath}/{Uri.EscapeDataString(name)}";

    /// <param name="project">Null: the platform's.</param>
    public static string PolicyPath(string? project) => project is null ? "/registry/policy" : $"/registry/projects/{Uri.EscapeDataString(project)}/policy";

    public static Task<IReadOnlyList<TrustedSigner>> Trust(this ApiClient api, CancellationToken cancel) => api.Get("/api/v1" + TrustPath, SignaturesJson.Default.IReadOnlyListTrustedSigner, cancel);

    public static Task<TrustedSigner> Trust(this ApiClient api, string name, CancellationToken cancel) => api.Get("/api/v1" + TrustPathOf(name), SignaturesJson.Default.TrustedSigner, cancel);

    public static async Task<TrustedSigner> AddTrust(this ApiClient api, TrustRequest request, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Post, "/api/v1" + TrustPath, ApiClient.Json(request, SignaturesJson.Default.TrustRequest), cancel);
        return await api.Read(answer, SignaturesJson.Default.TrustedSigner, cancel);
    }

    public static async Task RemoveTrust(this ApiClient api, string name, CancellationToken cancel) => (await api.Send(HttpMethod.Delete, "/api/v1" + TrustPathOf(name), null, cancel)).Dispose();

    public static Task<IReadOnlyList<PolicyStatus>> Policies(this ApiClient api, CancellationToken cancel) => api.Get("/api/v1" + PoliciesPath, SignaturesJson.Default.IReadOnlyListPolicyStatus, cancel);

    public static async Task<PolicyStatus> SetPolicy(this ApiClient api, string? project, DeployPolicy policy, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Put, "/api/v1" + PolicyPath(project), ApiClient.Json(policy, SignaturesJson.Default.DeployPolicy), cancel);
        return await api.Read(answer, SignaturesJson.Default.PolicyStatus, cancel);
    }

    public static Task<PolicyStatus> Policy(this ApiClient api, string? project, CancellationToken cancel) => api.Get("/api/v1" + PolicyPath(project), SignaturesJson.Default.PolicyStatus, cancel);

    public static async Task RemovePolicy(this ApiClient api, string? project, CancellationToken cancel) => (await api.Send(HttpMethod.Delete, "/api/v1" + PolicyPath(project), null, cancel)).Dispose();
}
