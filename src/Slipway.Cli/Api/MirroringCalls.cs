using Slipway.Server.Api.Registry;

namespace Slipway.Cli.Api;

/// <summary>/api/v1/registry/mirrors</summary>
static class MirroringCalls
{
    public const string Mirrors = "/registry/mirrors";

    public static Task<IReadOnlyList<MirrorStatus>> ListMirrors(this ApiClient api, CancellationToken cancel) =>
        api.Get("/api/v1" + Mirrors, MirroringJson.Default.IReadOnlyListMirrorStatus, cancel);

    public static async Task<MirrorStatus> SetMirror(this ApiClient api, string project, MirrorRequest request, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Put, $"/api/v1{Mirrors}/{Uri.EscapeDataString(project)}", ApiClient.Json(request, MirroringJson.Default.MirrorRequest), cancel);
        return await api.Read(answer, MirroringJson.Default.MirrorStatus, cancel);
    }

    public static async Task RemoveMirror(this ApiClient api, string project, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Delete, $"/api/v1{Mirrors}/{Uri.EscapeDataString(project)}", null, cancel)).Dispose();
}
