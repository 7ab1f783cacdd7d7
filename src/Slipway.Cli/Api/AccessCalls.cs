using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;
using Slipway.Server.Api.Registry;

namespace Slipway.Cli.Api;

/// <summary>/api/v1/registry/accounts, /me, /projects, /robots, /audit</summary>
static class AccessCalls
{
    public const string AccountsPath = "/registry/accounts", MePath = "/registry/me", ProjectsPath = "/registry/projects";

    public static Task<IReadOnlyList<AccountStatus>> Accounts(this ApiClient api, CancellationToken cancel) =>
        api.Get("/api/v1" + AccountsPath, AccessJson.Default.IReadOnlyListAccountStatus, cancel);

    public static async Task AddAccount(this ApiClient api, AccountRequest request, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Post, "/api/v1" + AccountsPath, ApiClient.Json(request, AccessJson.Default.AccountRequest), cancel)).Dispose();

    public static async Task ChangeAccount(this ApiClient api, string name, AccountChange change, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Patch, $"/api/v1{AccountsPath}/{Uri.EscapeDataString(name)}", ApiClient.Json(change, AccessJson.Default.AccountChange), cancel)).Dispose();

    public static async Task RemoveAccount(this ApiClient api, string name, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Delete, $"/api/v1{AccountsPath}/{Uri.EscapeDataString(name)}", null, cancel)).Dispose();

    public static Task<WhoAmI> WhoAmI(this ApiClient api, CancellationToken cancel) => api.Get("/api/v1" + MePath, AccessJson.Default.WhoAmI, cancel);

    public static async Task SetMyPassword(this ApiClient api, string password, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Put, $"/api/v1{MePath}/password", ApiClient.Json(new PasswordRequest { Password = password }, AccessJson.Default.PasswordRequest), cancel)).Dispose();

    public static Task<IReadOnlyList<ProjectStatus>> Projects(this ApiClient api, CancellationToken cancel) =>
        api.Get("/api/v1" + ProjectsPath, AccessJson.Default.IReadOnlyListProjectStatus, cancel);

    public static async Task SetProject(this ApiClient api, string project, bool isPublic, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Put, ProjectPath(project), ApiClient.Json(new ProjectSettings { Public = isPublic }, AccessJson.Default.ProjectSettings), cancel)).Dispose();

    public static async Task RemoveProject(this ApiClient api, string project, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Delete, ProjectPath(project), null, cancel)).Dispose();

    public static async Task SetMember(this ApiClient api, string project, string account, ProjectRole role, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Put, MemberPath(project, account), ApiClient.Json(new MemberRequest { Role = role }, AccessJson.Default.MemberRequest), cancel)).Dispose();

    public static async Task RemoveMember(this ApiClient api, string project, string account, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Delete, MemberPath(project, account), null, cancel)).Dispose();

    public static string RobotsPath(string? project) => "/registry/robots" + (project is null ? "" : "?project=" + Uri.EscapeDataString(project));

    public static Task<IReadOnlyList<RobotStatus>> Robots(this ApiClient api, string? project, CancellationToken cancel) =>
        api.Get("/api/v1" + RobotsPath(project), AccessJson.Default.IReadOnlyListRobotStatus, cancel);

    public static async Task<RobotStatus> AddRobot(this ApiClient api, RobotRequest request, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Post, "/api/v1/registry/robots", ApiClient.Json(request, AccessJson.Default.RobotRequest), cancel);
        return await api.Read(answer, AccessJson.Default.RobotStatus, cancel);
    }

    public static async Task<RobotStatus> RotateRobot(this ApiClient api, string name, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Post, RobotPath(name) + "/rotate", null, cancel);
        return await api.Read(answer, AccessJson.Default.RobotStatus, cancel);
    }

    public static async Task DisableRobot(this ApiClient api, string name, bool disabled, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Patch, RobotPath(name), ApiClient.Json(new RobotChange { Disabled = disabled }, AccessJson.Default.RobotChange), cancel)).Dispose();

    public static async Task RemoveRobot(this ApiClient api, string name, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Delete, RobotPath(name), null, cancel)).Dispose();

    public static Task<IReadOnlyList<RegistryEvent>> Audit(this ApiClient api, AuditQuery query, CancellationToken cancel) =>
        api.Get("/api/v1" + AuditPath(query), AccessJson.Default.IReadOnlyListRegistryEvent, cancel);

    /// <summary>A page as the server's own document.</summary>
    public static async Task<JsonArray> AuditDocument(this ApiClient api, AuditQuery query, CancellationToken cancel) =>
        JsonNode.Parse(await api.Document(AuditPath(query), cancel))!.AsArray();

    static string AuditPath(AuditQuery query)
    {
        var path = new StringBuilder(ApiClient.Invariant($"/registry/audit?limit={query.Limit}"));
        foreach (var (name, value) in (IEnumerable<(string, string?)>)
        [
            ("project", query.Project), ("repository", query.Repository), ("actor", query.Actor), ("action", query.Action), ("since", Text(query.Since)), ("until", Text(query.Until)),
            ("before", query.Before?.ToString(CultureInfo.InvariantCulture)),
        ])
            if (value is not null) path.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        return path.ToString();
    }

    static string? Text(DateTimeOffset? moment) => moment?.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);

    static string ProjectPath(string project) => $"/api/v1{ProjectsPath}/{Uri.EscapeDataString(project)}";

    static string MemberPath(string project, string account) => $"{ProjectPath(project)}/members/{Uri.EscapeDataString(account)}";

    static string RobotPath(string name) => $"/api/v1/registry/robots/{Uri.EscapeDataString(name)}";
}
