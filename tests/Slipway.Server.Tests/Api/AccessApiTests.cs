using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Slipway.Server.Api;

namespace Slipway.Server.Tests.Api;

public sealed class AccessApiTests : IAsyncLifetime
{
    const string Password = "a good password", Registry = "/api/v1/registry";

    TestServer _server = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Operations that are for others than administrators: the least role, how a request looks, and what everybody below is told.</summary>
    static readonly Dictionary<string, (string Least, string Path, string? Body, int Below)> Least = new()
    {
        ["GET /api/v1/registry/me"] = ("stranger", "/me", null, 403),
        ["PUT /api/v1/registry/me/password"] = ("stranger", "/me/password", """{"password":"short"}""", 403),
        ["GET /api/v1/registry/projects"] = ("stranger", "/projects", null, 403),
        ["PUT /api/v1/registry/projects/{project}"] = ("maintainer", "/projects/shop", """{"public":false}""", 403),
        ["DELETE /api/v1/registry/projects/{project}"] = ("maintainer", "/projects/gone", null, 403),
        ["PUT /api/v1/registry/projects/{project}/members/{account}"] = ("maintainer", "/projects/shop/members/other", """{"role":"Maintainer"}""", 403),
        ["DELETE /api/v1/registry/projects/{project}/members/{account}"] = ("maintainer", "/projects/shop/members/other", null, 403),
        ["GET /api/v1/registry/projects/{project}/rules"] = ("maintainer", "/projects/shop/rules", null, 403),
        ["POST /api/v1/registry/projects/{project}/rules/immutable"] = ("maintainer", "/projects/shop/rules/immutable", """{"repositories":"**","tags":"{"}""", 403),
        ["DELETE /api/v1/registry/projects/{project}/rules/immutable/{id}"] = ("maintainer", "/projects/shop/rules/immutable/9", null, 403),
        ["PUT /api/v1/registry/projects/{project}/rules/retention"] = ("maintainer", "/projects/shop/rules/retention", """{"rules":[]}""", 403),
        ["DELETE /api/v1/registry/projects/{project}/rules/retention"] = ("maintainer", "/projects/shop/rules/retention", null, 403),
        ["POST /api/v1/registry/projects/{project}/rules/retention/dry-run"] = ("maintainer", "/projects/shop/rules/retention/dry-run", null, 403),
        ["POST /api/v1/registry/projects/{project}/rules/retention/run"] = ("maintainer", "/projects/shop/rules/retention/run", null, 403),
        ["GET /api/v1/registry/projects/{project}/rules/retention/runs"] = ("maintainer", "/projects/shop/rules/retention/runs", null, 403),
        ["PUT /api/v1/registry/projects/{project}/rules/quota"] = ("maintainer", "/projects/shop/rules/quota", "{}", 403),
        ["GET /api/v1/registry/images"] = ("stranger", "/images", null, 403),
        ["GET /api/v1/registry/images/tags"] = ("viewer", "/images/tags?repository=shop/web", null, 403),
        ["GET /api/v1/registry/images/inspect"] = ("viewer", "/images/inspect?image=shop/web:v1", null, 403),
        ["GET /api/v1/registry/images/diff"] = ("viewer", "/images/diff?from=shop/web:v1&to=shop/web:v2", null, 403),
        ["POST /api/v1/registry/images/tag"] = ("developer", "/images/tag", """{"source":"shop/web:v1","destination":"shop/web:v2"}""", 403),
        ["POST /api/v1/registry/images/remove"] = ("maintainer", "/images/remove", """{"image":"shop/web:v1"}""", 403),
        ["POST /api/v1/registry/images/labels"] = ("developer", "/images/labels", """{"target":"shop/web","labels":{}}""", 403),
        ["POST /api/v1/registry/images/scan"] = ("developer", "/images/scan", """{"image":"shop/web:v1"}""", 403),
        ["GET /api/v1/registry/images/scan"] = ("viewer", "/images/scan?image=shop/web:v1", null, 403),
        ["GET /api/v1/registry/images/findings"] = ("viewer", "/images/findings?image=shop/web:v1", null, 403),
        ["GET /api/v1/registry/robots"] = ("stranger", "/robots", null, 403),
        ["POST /api/v1/registry/robots"] = ("maintainer", "/robots", """{"name":"Not A Name","project":"shop"}""", 403),
        ["POST /api/v1/registry/robots/{name}/rotate"] = ("maintainer", "/robots/shop+rotated/rotate", null, 404),
        ["PATCH /api/v1/registry/robots/{name}"] = ("maintainer", "/robots/shop+changed", """{"disabled":true}""", 404),
        ["DELETE /api/v1/registry/robots/{name}"] = ("maintainer", "/robots/shop+removed", null, 404),
        ["GET /api/v1/registry/trust"] = ("stranger", "/trust", null, 403),
        ["POST /api/v1/registry/trust"] = ("maintainer", "/trust", """{"name":"Not A Name","projects":["shop"]}""", 403),
        ["GET /api/v1/registry/trust/{name}"] = ("viewer", "/trust/shown", null, 403),
        ["DELETE /api/v1/registry/trust/{name}"] = ("maintainer", "/trust/removed", null, 403),
        ["GET /api/v1/registry/policies"] = ("stranger", "/policies", null, 403),
        ["GET /api/v1/registry/policy"] = ("stranger", "/policy", null, 403),
        ["GET /api/v1/registry/projects/{project}/policy"] = ("viewer", "/projects/shop/policy", null, 403),
        ["PUT /api/v1/registry/projects/{project}/policy"] = ("maintainer", "/projects/shop/policy", """{"requireSignature":true,"keys":["missing"]}""", 403),
        ["DELETE /api/v1/registry/projects/{project}/policy"] = ("maintainer", "/projects/shop/policy", null, 403),
        ["GET /api/v1/apps"] = ("stranger", "/api/v1/apps", null, 403),
        ["GET /api/v1/events"] = ("stranger", "/api/v1/events", null, 403),
        ["GET /api/v1/freeze"] = ("stranger", "/api/v1/freeze", null, 403),
        ["GET /api/v1/certificate-authority"] = ("stranger", "/api/v1/certificate-authority", null, 403),
        ["GET /api/v1/registry/audit"] = ("maintainer", "/audit?project=shop", null, 403),
    };

    static readonly string[] Callers = ["anonymous", "stranger", "viewer", "developer", "maintainer", "admin"];

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.Start();
        foreach (var name in (string[])["stranger", "viewer", "developer", "maintainer", "other", "admin-user"]) await Add(name);
        (await _server.Client.PatchAsJsonAsync($"{Registry}/accounts/admin-user", new { admin = true }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        foreach (var role in (string[])["viewer", "developer", "maintainer"])
            foreach (var project in (string[])["shop", "gone"])
                (await _server.Client.PutAsJsonAsync($"{Registry}/projects/{project}/members/{role}", new { role }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        foreach (var robot in (string[])["rotated", "changed", "removed"]) await Robot(robot, ["pull"]);
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        foreach (var name in (string[])["shown", "removed"])
            (await _server.Client.PostAsJsonAsync($"{Registry}/trust", new { name, key = key.ExportSubjectPublicKeyInfoPem(), projects = (string[])["shop"] }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>Whoever adds an operation that is not for administrators alone says here whose it is.</summary>
    [Fact]
    public async Task EveryOperation_IsForItsLeastRole_AndRefusesThoseBelowWithAProblem()
    {
        var document = JsonNode.Parse(await _server.Client.GetStringAsync("/openapi/v1.json", Cancel))!;
        var seen = new HashSet<string>();
        foreach (var (path, operations) in document["paths"]!.AsObject().Where(path => path.Key.StartsWith("/api/", StringComparison.Ordinal)))
            foreach (var (method, _) in operations!.AsObject())
            {
                var name = $"{method.ToUpperInvariant()} {path.TrimEnd('/')}";
                seen.Add(name);
                var known = Least.TryGetValue(name, out var expected);
                if (!known) expected = ("admin", "", null, 403);
                foreach (var caller in Callers)
                {
                    var allowed = Array.IndexOf(Callers, caller) >= Array.IndexOf(Callers, expected.Least);
                    // What only administrators may do has effects that no table can name; that they may is tested where it is at home.
                    if (allowed && !known) continue;
                    using var request = new HttpRequestMessage(new HttpMethod(method), !known ? System.Text.RegularExpressions.Regex.Replace(path, @"\{\w+\}", "1") : expected.Path.StartsWith("/api/", StringComparison.Ordinal) ? expected.Path : Registry + expected.Path);
                    if (known && expected.Body is { } body) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
                    using var answer = await ClientOf(caller).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
                    if (allowed) ((int)answer.StatusCode).ShouldNotBeOneOf([401, 403, 500], $"{name} by {caller}: {await answer.Content.ReadAsStringAsync(Cancel)}");
                    else
                    {
                        ((int)answer.StatusCode).ShouldBe(caller == "anonymous" ? 401 : expected.Below, $"{name} by {caller}");
                        answer.Content.Headers.ContentType!.MediaType.ShouldBe(Problem.MediaType, name);
                        JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!["detail"]!.GetValue<string>().ShouldNotBeEmpty(name);
                    }
                }
            }
        Least.Keys.Where(name => !seen.Contains(name)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Maintainer_ManagesMembersOfHisProject_AndOfNoOther()
    {
        var maintainer = ClientOf("maintainer");
        (await maintainer.PutAsJsonAsync($"{Registry}/projects/shop/members/other", new { role = "developer" }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await maintainer.PutAsJsonAsync($"{Registry}/projects/elsewhere/members/other", new { role = "developer" }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await maintainer.PutAsJsonAsync($"{Registry}/projects/shop/members/nobody", new { role = "developer" }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await maintainer.PutAsJsonAsync($"{Registry}/projects/shop/members/other", new { role = "king" }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var rights = JsonNode.Parse(await ClientOf("other").GetStringAsync($"{Registry}/me", Cancel))!["rights"]!.AsArray();
        rights.Single()!["actions"]!.AsArray().Select(action => action!.GetValue<string>()).ShouldBe(["pull", "push"]);
    }

    [Fact]
    public async Task RobotThatMayManage_GivesAwayNoMoreThanItHas()
    {
        var manager = As("shop+manager", await Robot("manager", ["pull", "manage"]));
        await Robot("strong", ["pull", "push", "delete"]);
        (await manager.PutAsJsonAsync($"{Registry}/projects/shop/members/other", new { role = "maintainer" }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await manager.PutAsJsonAsync($"{Registry}/projects/shop/members/other", new { role = "viewer" }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await manager.PostAsync($"{Registry}/robots/shop+strong/rotate", null, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await manager.PostAsJsonAsync($"{Registry}/robots", new { name = "new", project = "shop", scopes = new[] { new { repositories = "shop", actions = new[] { "push" } } } }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await manager.PutAsJsonAsync($"{Registry}/me/password", new { password = Password }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await manager.GetAsync($"{Registry}/accounts", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task LastAdministrator_MayGo_BecauseTheAdminTokenStays()
    {
        (await _server.Client.PatchAsJsonAsync($"{Registry}/accounts/other", new { admin = true }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var root = ClientOf("other");
        (await root.GetAsync($"{Registry}/accounts", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await root.PatchAsJsonAsync($"{Registry}/accounts/other", new { admin = false }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await root.GetAsync($"{Registry}/accounts", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await _server.Client.GetAsync($"{Registry}/accounts", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Account_BadInput_IsNamedByKey_AndAdminIsNobodysToChange()
    {
        foreach (var (body, key) in new (object, string?)[] { (new { name = "A", password = Password }, "name"), (new { name = "bob", password = "short" }, "password") })
        {
            var answer = await _server.Client.PostAsJsonAsync($"{Registry}/accounts", body, Cancel);
            answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!["diagnostics"]![0]!["key"]!.GetValue<string>().ShouldBe(key);
        }
        (await _server.Client.PostAsJsonAsync($"{Registry}/accounts", new { name = "viewer", password = Password }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await _server.Client.PatchAsJsonAsync($"{Registry}/accounts/viewer", new { }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await _server.Client.PatchAsJsonAsync($"{Registry}/accounts/admin", new { disabled = true }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await _server.Client.DeleteAsync($"{Registry}/accounts/shop+rotated", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task TokenOfTheRegistry_IsNoCredentialOfTheApi()
    {
        var token = JsonNode.Parse(await ClientOf("maintainer").GetStringAsync("/v2/token?scope=repository:shop/web:pull", Cancel))!["token"]!.GetValue<string>();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Registry}/me");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        (await _server.Anonymous.SendAsync(request, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task PageOfAnotherSite_IsRefused_WithAGoodPassword()
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"{Registry}/projects/gone");
        request.Headers.Add("Origin", "http://evil.example.com");
        (await ClientOf("maintainer").SendAsync(request, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    async Task Add(string name) =>
        (await _server.Client.PostAsJsonAsync($"{Registry}/accounts", new { name, password = Password }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Created);

    async Task<string> Robot(string name, string[] actions)
    {
        var answer = await _server.Client.PostAsJsonAsync($"{Registry}/robots", new { name, project = "shop", scopes = new[] { new { repositories = "shop", actions } } }, Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!["secret"]!.GetValue<string>();
    }

    HttpClient ClientOf(string who) => who switch { "anonymous" => _server.Anonymous, "admin" => As("admin-user", Password), _ => As(who, Password) };

    HttpClient As(string name, string password)
    {
        var client = new HttpClient { BaseAddress = _server.Anonymous.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{password}")));
        return client;
    }
}
