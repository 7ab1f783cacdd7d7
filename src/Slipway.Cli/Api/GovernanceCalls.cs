using Slipway.Model;
using Slipway.Server.Api;
using Slipway.Server.Members;

namespace Slipway.Cli.Api;

/// <summary>/api/v1/freeze, /apps/{app}/freeze, /members, /apps/{app}/members, /events</summary>
static class GovernanceCalls
{
    /// <param name="app">Null: the whole platform.</param>
    public static async Task<Freeze> Freeze(this ApiClient api, AppName? app, string reason, DateTimeOffset? until, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Put, Place(app, "freeze"), ApiClient.Json(new FreezeRequest { Reason = reason, Until = until }, GovernanceJson.Default.FreezeRequest), cancel);
        return await api.Read(answer, ModelJson.Default.Freeze, cancel);
    }

    public static async Task Unfreeze(this ApiClient api, AppName? app, CancellationToken cancel) => (await api.Send(HttpMethod.Delete, Place(app, "freeze"), null, cancel)).Dispose();

    /// <returns>The platform's; null where it is not frozen.</returns>
    public static async Task<Freeze?> PlatformFreeze(this ApiClient api, CancellationToken cancel) => (await api.Get("/api/v1/freeze", GovernanceJson.Default.FreezeStatus, cancel)).Freeze;

    public static Task<IReadOnlyList<AppMember>> Members(this ApiClient api, AppName? app, CancellationToken cancel) =>
        api.Get(Place(app, "members"), GovernanceJson.Default.IReadOnlyListAppMember, cancel);

    public static string MembersPath(AppName? app) => Place(app, "members")["/api/v1".Length..];

    public static async Task AddMember(this ApiClient api, AppName? app, string account, string role, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Put, $"{Place(app, "members")}/{Uri.EscapeDataString(account)}/{Uri.EscapeDataString(role)}", null, cancel)).Dispose();

    /// <param name="role">Null: all of them.</param>
    public static async Task RemoveMember(this ApiClient api, AppName? app, string account, string? role, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Delete, $"{Place(app, "members")}/{Uri.EscapeDataString(account)}{(role is null ? "" : "?role=" + Uri.EscapeDataString(role))}", null, cancel)).Dispose();

    /// <param name="query">from, tail and follow, as the API takes them.</param>
    public static IAsyncEnumerable<ReleaseEvent> Events(this ApiClient api, AppName? app, string query, CancellationToken cancel) =>
        api.Lines(HttpMethod.Get, $"/api/v1/events?{query}{(app is { } one ? $"&app={one}" : "")}", null, ModelJson.Default.ReleaseEvent, cancel);

    static string Place(AppName? app, string what) => app is { } one ? $"/api/v1/apps/{one}/{what}" : $"/api/v1/{what}";
}
