using Slipway.Registry.Mirroring.Replicating;
using Slipway.Server.Api.Registry;

namespace Slipway.Cli.Api;

/// <summary>/api/v1/registry/mirrors and /api/v1/registry/replications</summary>
static class MirroringCalls
{
    public const string Mirrors = "/registry/mirrors";
    public const string Rules = "/registry/replications";

    public static Task<IReadOnlyList<MirrorStatus>> ListMirrors(this ApiClient api, CancellationToken cancel) =>
        api.Get("/api/v1" + Mirrors, MirroringJson.Default.IReadOnlyListMirrorStatus, cancel);

    public static async Task<MirrorStatus> SetMirror(this ApiClient api, string project, MirrorRequest request, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Put, $"/api/v1{Mirrors}/{Uri.EscapeDataString(project)}", ApiClient.Json(request, MirroringJson.Default.MirrorRequest), cancel);
        return await api.Read(answer, MirroringJson.Default.MirrorStatus, cancel);
    }

    public static async Task RemoveMirror(this ApiClient api, string project, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Delete, $"/api/v1{Mirrors}/{Uri.EscapeDataString(project)}", null, cancel)).Dispose();

    public static Task<IReadOnlyList<ReplicationStatus>> Replications(this ApiClient api, CancellationToken cancel) =>
        api.Get("/api/v1" + Rules, MirroringJson.Default.IReadOnlyListReplicationStatus, cancel);

    public static async Task SetReplication(this ApiClient api, ReplicationSettings rule, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Put, $"/api/v1{Rule(rule.Name)}", ApiClient.Json(rule, MirroringJson.Default.ReplicationSettings), cancel)).Dispose();

    public static async Task RemoveReplication(this ApiClient api, string name, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Delete, $"/api/v1{Rule(name)}", null, cancel)).Dispose();

    public static async Task<ReplicationRun> RunReplication(this ApiClient api, string name, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Post, $"/api/v1{Rule(name)}/runs", null, cancel);
        return await api.Read(answer, MirroringJson.Default.ReplicationRun, cancel);
    }

    public static Task<ReplicationReport> ReplicationReport(this ApiClient api, string name, long? run, CancellationToken cancel) =>
        api.Get("/api/v1" + Report(name, run), MirroringJson.Default.ReplicationReport, cancel);

    /// <summary>Below /api/v1.</summary>
    public static string Report(string name, long? run) => ApiClient.Invariant($"{Rule(name)}/runs/{run?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "latest"}");

    static string Rule(string name) => $"{Rules}/{Uri.EscapeDataString(name)}";
}
