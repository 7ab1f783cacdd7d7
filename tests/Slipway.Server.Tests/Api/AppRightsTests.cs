using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Slipway.Model;

namespace Slipway.Server.Tests.Api;

/// <summary>Who may do what with apps, asked with real accounts: an app that is there without a release, because no engine is.</summary>
public sealed class AppRightsTests : IAsyncLifetime
{
    const string Password = "a good password";

    readonly TestFolder _source = new();
    TestServer _server = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The role that each operation needs, and a request for it.</summary>
    static readonly (string Least, string Method, string Path, string? Body)[] Operations =
    [
        ("viewer", "GET", "/apps/shop", null),
        ("viewer", "GET", "/apps/shop/instances", null),
        ("viewer", "GET", "/apps/shop/releases", null),
        ("viewer", "GET", "/apps/shop/releases/9/report", null),
        ("viewer", "GET", "/apps/shop/rollouts", null),
        ("viewer", "GET", "/apps/shop/logs", null),
        ("viewer", "GET", "/rollouts/1", null),
        ("viewer", "GET", "/rollouts/1/events", null),
        ("viewer", "GET", "/rollouts/1/canary", null),
        ("viewer", "GET", "/events?app=shop", null),
        ("approver", "POST", "/apps/shop/promote", null),
        ("deployer", "GET", "/apps/shop/releases/9", null),
        ("deployer", "POST", "/apps/shop/rollouts", """{"source": {"directory": "relative"}}"""),
        ("deployer", "POST", "/apps/shop/plan", """{"source": {"directory": "relative"}}"""),
        ("deployer", "POST", "/apps/shop/pause", null),
        ("deployer", "POST", "/apps/shop/resume", null),
        ("deployer", "POST", "/apps/shop/abort", null),
        ("deployer", "POST", "/apps/shop/rollback", "{}"),
        ("deployer", "POST", "/rollouts/1/cancel", null),
        ("deployer", "PUT", "/apps/shop/services/web/scale", """{"replicas": 1}"""),
        ("deployer", "PUT", "/apps/shop/maintenance", """{"retryAfter": 0}"""),
        ("admin", "PUT", "/apps/shop/freeze", """{"reason": ""}"""),
        ("admin", "DELETE", "/apps/shop/freeze", null),
        ("admin", "GET", "/apps/shop/members", null),
        ("admin", "PUT", "/apps/shop/members/nobody/viewer", null),
        ("admin", "DELETE", "/apps/shop/members/nobody", null),
        ("viewer", "GET", "/apps/shop/approvals", null),
        ("admin", "PUT", "/apps/shop/approvals", """{"count": 0}"""),
        ("admin", "DELETE", "/apps/shop/approvals", null),
        ("admin", "GET", "/apps/shop/webhooks", null),
        ("admin", "POST", "/apps/shop/webhooks", """{"url": "gopher://nowhere"}"""),
        ("admin", "DELETE", "/apps/shop/webhooks/none", null),
        ("admin", "POST", "/apps/shop/webhooks/none/test", null),
        ("admin", "POST", "/apps/shop/webhooks/none/enable", null),
        ("admin", "POST", "/apps/shop/webhooks/none/resend", null),
        ("admin", "GET", "/apps/shop/webhooks/none/deliveries", null),
    ];

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.Start();
        _source.Write("compose.yaml", "services:\n  web:\n    image: debian:bookworm-slim\n");
        await Ended(_server.Client);
        foreach (var name in (string[])["viewer", "approver", "deployer", "admin", "stranger"])
        {
            await Account(name);
            if (name != "stranger") await Give("shop", Of(name), name);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _source.Dispose();
    }

    [Fact]
    public async Task EveryOperation_IsForItsRole_AndNamesTheOneThatIsMissing()
    {
        string[] order = ["stranger", "viewer", "approver", "deployer", "admin"];
        foreach (var (least, method, path, body) in Operations)
            foreach (var role in order)
            {
                using var answer = await Send(role, method, path, body);
                var text = await answer.Content.ReadAsStringAsync(Cancel);
                if (Array.IndexOf(order, role) >= Array.IndexOf(order, least) && !(path.EndsWith("/promote", StringComparison.Ordinal) && role == "approver"))
                {
                    ((int)answer.StatusCode).ShouldNotBeOneOf([401, 403, 500], $"{method} {path} by {role}: {text}");
                    continue;
                }
                answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden, $"{method} {path} by {role}");
                JsonNode.Parse(text)!["detail"]!.GetValue<string>().ShouldContain("it needs the role", Case.Sensitive, $"{method} {path} by {role}");
            }
        JsonNode.Parse(await (await Send("viewer", "POST", "/apps/shop/abort", null)).Content.ReadAsStringAsync(Cancel))!["detail"]!.GetValue<string>()
            .ShouldBe("u-viewer may not do that with shop: it needs the role deployer of the app. An administrator gives it: slipway app member add shop u-viewer --role deployer");
    }

    [Fact]
    public async Task Apps_AndEvents_ShowWhatTheAccountMaySee()
    {
        await Ended(_server.Client, "other");
        (await Apps("viewer")).ShouldBe(["shop"]);
        (await Apps("stranger")).ShouldBeEmpty();
        (await Events("viewer")).ShouldAllBe(e => e.App!.Value.Value == "shop");
        (await Events("viewer")).ShouldNotBeEmpty();
        (await Events("stranger")).ShouldBeEmpty();
        await Give(null, "u-stranger", "viewer");
        (await Apps("stranger")).ShouldBe(["other", "shop"]);
        (await Events("stranger")).Select(e => e.App!.Value.Value).Distinct().ShouldBe(["shop", "other"]);
        (await _server.Client.DeleteAsync("/api/v1/members/u-stranger", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Apps("stranger")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Deployer_OfOneApp_DeploysItAndNoOther_AndIsRemembered()
    {
        var rollout = await Ended(Client("deployer"));
        rollout.By.ShouldBe("u-deployer");
        rollout.History[0].By.ShouldBe("u-deployer");
        using var other = await Send("deployer", "POST", "/apps/other/rollouts", Body());
        other.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Frozen_Deploys_AreRefusedUntilItIsLifted_AndOnlyAnAdministratorGoesOnDespiteIt()
    {
        (await Send("admin", "PUT", "/apps/shop/freeze", """{"reason": "black friday"}""")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using (var refused = await Send("deployer", "POST", "/apps/shop/rollouts", Body()))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.Conflict);
            (await refused.Content.ReadAsStringAsync(Cancel)).ShouldContain("by u-admin: black friday. To lift it: slipway unfreeze shop");
        }
        (await Send("deployer", "POST", "/apps/shop/rollouts", Body(despite: true))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await Send("admin", "POST", "/apps/shop/rollouts", Body(despite: true))).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var app = (await Client("viewer").GetFromJsonAsync("/api/v1/apps/shop", ModelJson.Default.AppStatus, Cancel))!;
        (app.Freeze!.Reason, app.Freeze.By).ShouldBe(("black friday", "u-admin"));
        (await Send("admin", "DELETE", "/apps/shop/freeze", null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Send("admin", "DELETE", "/apps/shop/freeze", null)).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await Events("viewer")).Select(e => (e.Type, e.By)).Where(e => e.Type is ReleaseEvents.Frozen or ReleaseEvents.Unfrozen).ShouldBe([(ReleaseEvents.Frozen, "u-admin"), (ReleaseEvents.Unfrozen, "u-admin")]);
        await Settled();
        (await Ended(Client("deployer"))).By.ShouldBe("u-deployer");
    }

    [Fact]
    public async Task Platform_Freeze_IsForAdministratorsOfThePlatform_AndSeenByAll()
    {
        (await Send("admin", "PUT", "/freeze", """{"reason": "audit"}""")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await _server.Client.PutAsJsonAsync("/api/v1/freeze", new { reason = "audit", until = DateTimeOffset.UtcNow.AddHours(1) }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        JsonNode.Parse(await Client("stranger").GetStringAsync("/api/v1/freeze", Cancel))!["freeze"]!["reason"]!.GetValue<string>().ShouldBe("audit");
        (await Send("deployer", "POST", "/apps/shop/rollouts", Body())).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await _server.Client.DeleteAsync("/api/v1/freeze", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        JsonNode.Parse(await Client("stranger").GetStringAsync("/api/v1/freeze", Cancel))!["freeze"].ShouldBeNull();
    }

    [Fact]
    public async Task Members_AreListedGivenAndTaken_AndGoWithTheirAccountAndTheirApp()
    {
        (await Send("admin", "PUT", "/apps/shop/members/u-viewer/release-managers", null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Send("admin", "PUT", "/apps/shop/members/u-viewer/Big%20Boss", null)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await Roles("u-viewer")).ShouldBe(["release-managers", "viewer"]);
        (await Send("admin", "DELETE", "/apps/shop/members/u-viewer?role=viewer", null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Roles("u-viewer")).ShouldBe(["release-managers"]);
        (await Send("viewer", "GET", "/apps/shop", null)).StatusCode.ShouldBe(HttpStatusCode.OK, "who may approve may see");

        // Another account of the name is somebody else.
        (await _server.Client.DeleteAsync("/api/v1/registry/accounts/u-viewer", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Account("viewer");
        (await Send("viewer", "GET", "/apps/shop", null)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        var audit = await _server.Client.GetStringAsync("/api/v1/registry/audit?limit=100", Cancel);
        audit.ShouldContain("u-viewer is release-managers of shop");
    }

    [Fact]
    public async Task Events_Followed_TellOfWhatComes()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/events?app=shop&follow=true&tail=0");
        using var answer = await Client("viewer").SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancel));
        var next = lines.ReadLineAsync(Cancel).AsTask();
        (await Send("admin", "PUT", "/apps/shop/freeze", """{"reason": "black friday"}""")).StatusCode.ShouldBe(HttpStatusCode.OK);
        var happened = JsonSerializer.Deserialize((await next.WaitAsync(TimeSpan.FromSeconds(30), Cancel))!, ModelJson.Default.ReleaseEvent)!;
        (happened.Type, happened.By, happened.App!.Value.Value).ShouldBe((ReleaseEvents.Frozen, "u-admin", "shop"));
    }

    static string Of(string role) => $"u-{role}";

    string Body(bool despite = false) => $$"""{"source": {"directory": "{{_source.Path}}"}, "despiteFreeze": {{(despite ? "true" : "false")}}}""";

    /// <summary>A deploy that has ended, for want of an engine.</summary>
    async Task<Rollout> Ended(HttpClient client, string app = "shop")
    {
        using var answer = await client.PostAsync($"/api/v1/apps/{app}/rollouts", new StringContent(Body(), Encoding.UTF8, "application/json"), Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(Cancel));
        var rollout = (await answer.Content.ReadFromJsonAsync(ModelJson.Default.Rollout, Cancel))!;
        await _server.Client.GetStringAsync($"/api/v1/rollouts/{rollout.Id}/events?follow=true", Cancel);
        return (await _server.Client.GetFromJsonAsync($"/api/v1/rollouts/{rollout.Id}", ModelJson.Default.Rollout, Cancel))!;
    }

    async Task Settled()
    {
        foreach (var rollout in (await _server.Client.GetFromJsonAsync("/api/v1/apps/shop/rollouts", ModelJson.Default.IReadOnlyListRollout, Cancel))!)
            await _server.Client.GetStringAsync($"/api/v1/rollouts/{rollout.Id}/events?follow=true", Cancel);
    }

    async Task Account(string role) =>
        (await _server.Client.PostAsJsonAsync("/api/v1/registry/accounts", new { name = Of(role), password = Password }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Created);

    async Task Give(string? app, string account, string role) =>
        (await _server.Client.PutAsync(app is null ? $"/api/v1/members/{account}/{role}" : $"/api/v1/apps/{app}/members/{account}/{role}", null, Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

    async Task<IReadOnlyList<string>> Roles(string account) =>
        [.. JsonNode.Parse(await Client("admin").GetStringAsync("/api/v1/apps/shop/members", Cancel))!.AsArray().Single(m => m!["account"]!.GetValue<string>() == account)!["roles"]!.AsArray().Select(r => r!.GetValue<string>())];

    async Task<IReadOnlyList<string>> Apps(string role) => [.. (await Client(role).GetFromJsonAsync("/api/v1/apps", ModelJson.Default.IReadOnlyListAppStatus, Cancel))!.Select(app => app.App.Value)];

    async Task<IReadOnlyList<ReleaseEvent>> Events(string role) =>
        [.. (await Client(role).GetStringAsync("/api/v1/events", Cancel)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize(line, ModelJson.Default.ReleaseEvent)!)];

    async Task<HttpResponseMessage> Send(string role, string method, string path, string? body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "/api/v1" + path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await Client(role).SendAsync(request, Cancel);
    }

    HttpClient Client(string role)
    {
        var client = new HttpClient { BaseAddress = new Uri(_server.Host.Url) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Of(role)}:{Password}")));
        return client;
    }
}
