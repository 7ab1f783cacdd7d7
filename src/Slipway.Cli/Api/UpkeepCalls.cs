using Slipway.Registry.Verifying;
using Slipway.Server.Api.Registry;

namespace Slipway.Cli.Api;

/// <summary>/api/v1/registry/status, /gc, /verify</summary>
static class UpkeepCalls
{
    public const string StatusPath = "/registry/status";

    public static Task<RegistryStatus> RegistryStatus(this ApiClient api, CancellationToken cancel) =>
        api.Get("/api/v1" + StatusPath, UpkeepJson.Default.RegistryStatus, cancel);

    public static IAsyncEnumerable<CollectionLine> CollectGarbage(this ApiClient api, GarbageRequest request, CancellationToken cancel) =>
        api.Lines(HttpMethod.Post, "/api/v1/registry/gc", ApiClient.Json(request, UpkeepJson.Default.GarbageRequest), UpkeepJson.Default.CollectionLine, cancel);

    public static IAsyncEnumerable<VerifyLine> VerifyRegistry(this ApiClient api, VerifyRequest request, CancellationToken cancel) =>
        api.Lines(HttpMethod.Post, "/api/v1/registry/verify", ApiClient.Json(request, UpkeepJson.Default.VerifyRequest), UpkeepJson.Default.VerifyLine, cancel);
}
