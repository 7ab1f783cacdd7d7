using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Slipway.Server.Tests.Api;

public sealed class ImagesApiTests : IAsyncLifetime
{
    const string Images = "/api/v1/registry/images", Rules = "/api/v1/registry/projects/shop/rules";

    TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.Start();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>An image whose only content is its config.</summary>
    async Task Push(string repository, string tag, string variable)
    {
        var config = Encoding.UTF8.GetBytes($$$"""{"os":"linux","architecture":"amd64","config":{"Env":["V={{{variable}}}"]},"rootfs":{"type":"layers","diff_ids":[]}}""");
        var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(config));
        (await _server.Client.PostAsync($"/v2/{repository}/blobs/uploads/?digest={digest}", new ByteArrayContent(config), Cancel)).StatusCode.ShouldBe(HttpStatusCode.Created);
        var manifest = new StringContent($$$"""{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{{digest}}}","size":{{{config.Length}}}},"layers":[]}""");
        manifest.Headers.ContentType = new("application/vnd.oci.image.manifest.v1+json");
        (await _server.Client.PutAsync($"/v2/{repository}/manifests/{tag}", manifest, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    async Task<JsonNode> Get(string path) => JsonNode.Parse(await _server.Client.GetStringAsync(path, Cancel))!;

    async Task<JsonNode> Send(HttpMethod method, string path, object? body, HttpStatusCode expected = HttpStatusCode.OK)
    {
        var answer = await _server.Client.SendAsync(new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) }, Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        answer.StatusCode.ShouldBe(expected, text);
        return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
    }

    [Fact]
    public async Task Images_FromPushToRemoval()
    {
        await Push("shop/web", "v1", "1");
        await Push("shop/web", "v2", "2");

        (await Get(Images))["entries"]!.AsArray().Single()!["repository"]!.GetValue<string>().ShouldBe("shop/web");
        (await Get($"{Images}/tags?repository=shop%2Fweb&limit=1")).ShouldSatisfyAllConditions(
            page => page["entries"]![0]!["platforms"]![0]!.GetValue<string>().ShouldBe("linux/amd64"), page => page["next"]!.GetValue<string>().ShouldBe("v1"));
        (await Get($"{Images}/inspect?image=shop/web:v1"))["config"]!["environment"]![0]!.GetValue<string>().ShouldBe("V=1");
        var diff = await Get($"{Images}/diff?from=shop/web:v1&to=shop/web:v2&files=true");
        diff["config"]![0]!.ToJsonString().ShouldBe("""{"key":"environment.V","before":"1","after":"2"}""");
        (await Send(HttpMethod.Post, $"{Images}/tag", new { source = "shop/web:v1", destination = "prod/web" }))["image"]!.GetValue<string>().ShouldBe("prod/web");
        (await Send(HttpMethod.Post, $"{Images}/labels", new { target = "shop/web", labels = new { team = "core" } }))["labels"]!["team"]!.GetValue<string>().ShouldBe("core");
        (await Get($"{Images}?label=team"))["entries"]!.AsArray().Count.ShouldBe(1);
        (await Send(HttpMethod.Post, $"{Images}/remove", new { image = "shop/web:v1" }))["untagged"]![0]!.GetValue<string>().ShouldBe("shop/web:v1");
        await Send(HttpMethod.Post, $"{Images}/remove", new { image = "shop/web:v1" }, HttpStatusCode.NotFound);
        (await Send(HttpMethod.Post, $"{Images}/remove", new { image = "Shop!" }, HttpStatusCode.BadRequest))["diagnostics"]![0]!["key"]!.GetValue<string>().ShouldBe("image");
    }

    [Fact]
    public async Task Rules_AreSetShownAndHold()
    {
        await Push("shop/web", "v1", "1");
        await Push("shop/web", "old", "2");
        var rule = await Send(HttpMethod.Post, $"{Rules}/immutable", new { tags = "v*" });
        rule["repositories"]!.GetValue<string>().ShouldBe("**");
        (await Send(HttpMethod.Post, $"{Images}/tag", new { source = "shop/web:old", destination = "shop/web:v1" }, HttpStatusCode.Conflict))["detail"]!.GetValue<string>().ShouldContain("immutable");
        await Send(HttpMethod.Put, $"{Rules}/retention", new { rules = new[] { new { days = 1, keep = "pulled" } }, hour = 3 });
        await Send(HttpMethod.Put, $"{Rules}/quota", new { tags = 2 });

        var rules = await Get(Rules);
        rules["immutable"]!.AsArray().Count.ShouldBe(1);
        rules["retention"]!["rules"]![0]!.ToJsonString().ShouldBe("""{"keep":"pulled","repositories":"**","tags":"**","days":1}""");
        rules["quota"]!["tags"]!.GetValue<long>().ShouldBe(2);
        rules["usage"]!["tags"]!.GetValue<long>().ShouldBe(2);
        var dry = await Send(HttpMethod.Post, $"{Rules}/retention/dry-run", null);
        (dry["tagsKept"]!.GetValue<long>(), dry["tagsRemoved"]!.GetValue<long>()).ShouldBe((1, 1));
        (await Send(HttpMethod.Post, $"{Rules}/retention/dry-run", new { rules = new[] { new { keep = "always" } } }))["tagsRemoved"]!.GetValue<long>().ShouldBe(0);
        (await Send(HttpMethod.Post, $"{Rules}/retention/run", null))["report"]!["tagsRemoved"]!.GetValue<long>().ShouldBe(1);
        (await Get($"{Rules}/retention/runs")).AsArray().Single()!["actor"]!.GetValue<string>().ShouldBe("admin");
        await Send(HttpMethod.Delete, $"{Rules}/immutable/{rule["id"]}", null, HttpStatusCode.NoContent);
        await Send(HttpMethod.Delete, $"{Rules}/retention", null, HttpStatusCode.NoContent);
        await Send(HttpMethod.Post, $"{Rules}/retention/run", null, HttpStatusCode.NotFound);
        (await Send(HttpMethod.Put, $"{Rules}/quota", new { bytes = -1 }, HttpStatusCode.BadRequest))["diagnostics"]![0]!["key"]!.GetValue<string>().ShouldBe("bytes");
    }

    [Fact]
    public async Task Images_AreForThoseWhoMayPullPushOrDeleteThem()
    {
        await Push("shop/web", "v1", "1");
        await Push("other/web", "v1", "1");
        await Send(HttpMethod.Post, "/api/v1/registry/accounts", new { name = "vera", password = "a long password" }, HttpStatusCode.Created);
        await Send(HttpMethod.Put, "/api/v1/registry/projects/shop/members/vera", new { role = "viewer" }, HttpStatusCode.NoContent);
        using var vera = new HttpClient { BaseAddress = _server.Client.BaseAddress };
        vera.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String("vera:a long password"u8));
        async Task<HttpStatusCode> Asks(HttpMethod method, string path, object? body = null) =>
            (await vera.SendAsync(new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) }, Cancel)).StatusCode;

        var seen = JsonNode.Parse(await vera.GetStringAsync(Images, Cancel))!["entries"]!.AsArray();
        seen.Select(entry => entry!["repository"]!.GetValue<string>()).ShouldBe(["shop/web"]);
        (await Asks(HttpMethod.Get, $"{Images}/inspect?image=shop/web:v1")).ShouldBe(HttpStatusCode.OK);
        (await Asks(HttpMethod.Get, $"{Images}/inspect?image=other/web:v1")).ShouldBe(HttpStatusCode.Forbidden);
        (await Asks(HttpMethod.Get, $"{Images}/tags?repository=other/web")).ShouldBe(HttpStatusCode.Forbidden);
        (await Asks(HttpMethod.Get, $"{Images}/diff?from=shop/web:v1&to=other/web:v1")).ShouldBe(HttpStatusCode.Forbidden);
        (await Asks(HttpMethod.Post, $"{Images}/tag", new { source = "shop/web:v1", destination = "shop/web:v2" })).ShouldBe(HttpStatusCode.Forbidden);
        (await Asks(HttpMethod.Post, $"{Images}/remove", new { image = "shop/web:v1" })).ShouldBe(HttpStatusCode.Forbidden);
        (await Asks(HttpMethod.Get, Rules)).ShouldBe(HttpStatusCode.Forbidden);

        await Send(HttpMethod.Put, "/api/v1/registry/projects/shop/members/vera", new { role = "maintainer" }, HttpStatusCode.NoContent);
        await Send(HttpMethod.Put, "/api/v1/registry/projects/other", new { @public = true }, HttpStatusCode.NoContent);
        (await Asks(HttpMethod.Get, Rules)).ShouldBe(HttpStatusCode.OK);
        (await Asks(HttpMethod.Post, $"{Images}/tag", new { source = "other/web:v1", destination = "shop/web:v2" })).ShouldBe(HttpStatusCode.OK);
        (await Asks(HttpMethod.Post, $"{Images}/tag", new { source = "shop/web:v1", destination = "other/web:v2" })).ShouldBe(HttpStatusCode.Forbidden);
        (await Asks(HttpMethod.Post, $"{Images}/remove", new { image = "shop/web:v2" })).ShouldBe(HttpStatusCode.OK);
    }
}
