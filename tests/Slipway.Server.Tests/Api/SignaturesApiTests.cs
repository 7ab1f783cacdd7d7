using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Slipway.Server.Tests.Api;

public sealed class SignaturesApiTests : IAsyncLifetime
{
    const string Registry = "/api/v1/registry", Password = "a good password";

    readonly string _key = ECDsa.Create(ECCurve.NamedCurves.nistP256).ExportSubjectPublicKeyInfoPem();
    TestServer _server = null!;
    HttpClient _maintainer = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.Start();
        (await _server.Client.PostAsJsonAsync($"{Registry}/accounts", new { name = "alice", password = Password }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await _server.Client.PutAsJsonAsync($"{Registry}/projects/shop/members/alice", new { role = "maintainer" }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        _maintainer = new HttpClient { BaseAddress = new Uri(_server.Host.Url) };
        _maintainer.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"alice:{Password}")));
    }

    public async ValueTask DisposeAsync()
    {
        _maintainer.Dispose();
        await _server.DisposeAsync();
    }

    Task<HttpResponseMessage> Add(HttpClient client, string name, params string[] projects) => client.PostAsJsonAsync($"{Registry}/trust", new { name, key = _key, projects }, Cancel);

    static async Task<IReadOnlyList<string>> Names(HttpClient client) =>
        [.. JsonNode.Parse(await client.GetStringAsync($"{Registry}/trust", Cancel))!.AsArray().Select(one => one!["name"]!.GetValue<string>())];

    [Fact]
    public async Task Trust_OfAProject_IsItsMaintainers_OfAllProjectsTheAdministrators()
    {
        (await Add(_maintainer, "everywhere")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await Add(_maintainer, "both", "shop", "other")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await Add(_maintainer, "mine", "shop")).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await Add(_server.Client, "everywhere")).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await Add(_server.Client, "theirs", "other")).StatusCode.ShouldBe(HttpStatusCode.Created);

        (await Names(_maintainer)).ShouldBe(["slipway", "everywhere", "mine"]);
        (await _maintainer.DeleteAsync($"{Registry}/trust/everywhere", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await _maintainer.DeleteAsync($"{Registry}/trust/theirs", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await _maintainer.DeleteAsync($"{Registry}/trust/mine", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await _server.Client.DeleteAsync($"{Registry}/trust/slipway", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await Add(_server.Client, "everywhere")).StatusCode.ShouldBe(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Policy_InPlaceOfThePlatforms_IsTheAdministratorsToSay()
    {
        (await _maintainer.PutAsJsonAsync($"{Registry}/projects/shop/policy", new { replacesPlatform = true }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await _server.Client.PutAsJsonAsync($"{Registry}/projects/shop/policy", new { replacesPlatform = true }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _maintainer.PutAsJsonAsync($"{Registry}/projects/shop/policy", new { requireSignature = true, keys = (string[])["slipway"] }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _maintainer.PutAsJsonAsync($"{Registry}/policy", new { requireSignature = true }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        var policy = JsonNode.Parse(await _maintainer.GetStringAsync($"{Registry}/projects/shop/policy", Cancel))!;
        policy["setBy"]!.GetValue<string>().ShouldBe("alice");
        policy["policy"]!["replacesPlatform"]!.GetValue<bool>().ShouldBeFalse();
    }

    [Fact]
    public async Task BadInput_IsNamedByKey()
    {
        var trust = await _server.Client.PostAsJsonAsync($"{Registry}/trust", new { name = "No Name", key = "no pem", projects = (string[])["a/b"] }, Cancel);
        trust.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        Keys(await trust.Content.ReadAsStringAsync(Cancel)).ShouldBe(["name", "projects", "key"]);

        var policy = await _server.Client.PutAsJsonAsync($"{Registry}/policy", new { keys = (string[])["missing"], replacesPlatform = true }, Cancel);
        policy.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        Keys(await policy.Content.ReadAsStringAsync(Cancel)).ShouldBe(["requireSignature", "replacesPlatform", "keys"]);
        (await _server.Client.GetAsync($"{Registry}/policy", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        static IEnumerable<string> Keys(string problem) => JsonNode.Parse(problem)!["diagnostics"]!.AsArray().Select(one => one!["key"]!.GetValue<string>());
    }

    [Fact]
    public async Task Changes_AreInTheAuditLog()
    {
        await Add(_server.Client, "release", "shop");
        await _server.Client.PutAsJsonAsync($"{Registry}/projects/shop/policy", new { requireSignature = true, keys = (string[])["release"] }, Cancel);
        await _server.Client.DeleteAsync($"{Registry}/projects/shop/policy", Cancel);
        await _server.Client.DeleteAsync($"{Registry}/trust/release", Cancel);

        // A maintainer reads those of his project.
        var log = JsonNode.Parse(await _maintainer.GetStringAsync($"{Registry}/audit?project=shop", Cancel))!.AsArray();
        log.Select(entry => $"{entry!["action"]} {entry["target"]}").Where(entry => entry.EndsWith("trust", StringComparison.Ordinal) || entry.EndsWith("policy", StringComparison.Ordinal))
            .ShouldBe(["delete trust", "delete policy", "change policy", "create trust"]);
        log.ShouldContain(entry => entry!["detail"]!.ToString().StartsWith("release: key ECDSA P-256, SHA-256 "));
        log.ShouldContain(entry => entry!["detail"]!.ToString() == "shop: signature by release");
    }
}
