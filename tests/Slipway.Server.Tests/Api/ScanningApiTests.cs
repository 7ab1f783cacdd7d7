using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Slipway.Server.Tests.Api;

public sealed class ScanningApiTests
{
    const string Registry = "/api/v1/registry";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Image_PushedAndScanned_IsShownWithItsFindings_AndPulledFromTheListenersAddress()
    {
        await using var adapter = await Adapter();
        await using var server = await TestServer.Start();
        var set = await server.Client.PutAsJsonAsync($"{Registry}/scanner", new { url = adapter.Urls.First(), auth = "Bearer", secret = "adapters-own" }, Cancel);
        set.StatusCode.ShouldBe(HttpStatusCode.OK, await set.Content.ReadAsStringAsync(Cancel));
        var scanner = JsonNode.Parse(await set.Content.ReadAsStringAsync(Cancel))!;
        ((string?)scanner["name"], (string?)scanner["registryUrl"]).ShouldBe(("Loopback", server.Host.Url));
        scanner.ToJsonString().ShouldNotContain("adapters-own");

        await Push(server.Client, "shop/web", "v1");
        var started = await server.Client.PostAsJsonAsync($"{Registry}/images/scan", new { image = "shop/web:v1" }, Cancel);
        started.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await Eventually.Is(async () => (string?)(await Get(server, "/images/scan?image=shop/web:v1"))["state"] == "Done");

        var report = await Get(server, "/images/findings?image=shop/web:v1&severity=low");
        ((int?)report["total"], (string?)report["findings"]![0]!["id"], (string?)report["findings"]![0]!["severity"], (string?)report["findings"]![0]!["fixedVersion"]).ShouldBe((1, "CVE-1", "High", "2"));
        ((int?)report["scan"]!["counts"]!["high"], (string?)report["scan"]!["worst"]).ShouldBe((1, "High"));
        ((string?)(await Get(server, "/images/inspect?image=shop/web:v1"))["scan"]!["scanner"]).ShouldBe("Loopback 9");
        ((int?)(await Get(server, "/images/tags?repository=shop/web"))["entries"]![0]!["scan"]!["counts"]!["high"]).ShouldBe(1);
        ((int?)(await Get(server, "/images/findings?image=shop/web:v1&severity=critical"))["total"]).ShouldBe(0);
        (await server.Client.GetAsync($"{Registry}/images/findings?image=shop/web:v1&severity=awful", Cancel)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await server.Client.GetAsync($"{Registry}/images/findings?image=shop/web:v9", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var metrics = await server.Client.GetStringAsync("/metrics", Cancel);
        metrics.ShouldContain("slipway_registry_scans_total{outcome=\"done\"}");
        metrics.ShouldContain("slipway_registry_scans_waiting 0");
        File.ReadAllText(server.Data.Database, Encoding.Latin1).ShouldNotContain("adapters-own");

        var rescan = await server.Client.PostAsync($"{Registry}/scanner/rescan", null, Cancel);
        ((int?)JsonNode.Parse(await rescan.Content.ReadAsStringAsync(Cancel))!["queued"]).ShouldBe(1);
        (await server.Client.DeleteAsync($"{Registry}/scanner", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await server.Client.GetAsync($"{Registry}/scanner", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await server.Client.DeleteAsync($"{Registry}/scanner", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await server.Client.PostAsync($"{Registry}/scanner/rescan", null, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Set_NoAdapterThere_IsBadInputAtTheUrl()
    {
        await using var server = await TestServer.Start();
        var answer = await server.Client.PutAsJsonAsync($"{Registry}/scanner", new { url = "http://127.0.0.1:1" }, Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var diagnostic = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!["diagnostics"]![0]!;
        ((string?)diagnostic["key"]).ShouldBe("url");
        ((string?)diagnostic["message"]).ShouldNotBeNull().ShouldContain("can't be reached");
    }

    static async Task<JsonNode> Get(TestServer server, string path) => JsonNode.Parse(await server.Client.GetStringAsync(Registry + path, Cancel))!;

    static async Task Push(HttpClient client, string repository, string tag)
    {
        async Task<string> Blob(byte[] content)
        {
            var digest = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content));
            var begun = await client.PostAsync($"/v2/{repository}/blobs/uploads/", null, Cancel);
            (await client.PutAsync($"{begun.Headers.Location}?digest={digest}", new ByteArrayContent(content), Cancel)).StatusCode.ShouldBe(HttpStatusCode.Created);
            return digest;
        }
        const string Image = "application/vnd.oci.image.manifest.v1+json";
        var (config, layer) = (await Blob("{}"u8.ToArray()), await Blob("layer"u8.ToArray()));
        var manifest = new StringContent($$"""
            {"schemaVersion":2,"mediaType":"{{Image}}","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{config}}","size":2},
            "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{{layer}}","size":5}]}
            """, new MediaTypeHeaderValue(Image));
        (await client.PutAsync($"/v2/{repository}/manifests/{tag}", manifest, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    /// <summary>An adapter that pulls the manifest, and knows one vulnerability of every image.</summary>
    static async Task<WebApplication> Adapter()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var (reports, http) = (new System.Collections.Concurrent.ConcurrentDictionary<string, string>(), new HttpClient());
        app.MapGet("/api/v1/metadata", context => Answer(context, 200, "application/vnd.scanner.adapter.metadata+json; version=1.1",
            """{"scanner":{"name":"Loopback","vendor":"Tests","version":"9"},"capabilities":[{"type":"vulnerability","consumes_mime_types":["application/vnd.oci.image.manifest.v1+json"],"produces_mime_types":["application/vnd.security.vulnerability.report; version=1.1"]}]}"""));
        app.MapPost("/api/v1/scan", async context =>
        {
            var request = (await JsonNode.ParseAsync(context.Request.Body))!;
            using var pull = new HttpRequestMessage(HttpMethod.Get, $"{request["registry"]!["url"]}/v2/{request["artifact"]!["repository"]}/manifests/{request["artifact"]!["digest"]}");
            pull.Headers.TryAddWithoutValidation("Authorization", (string?)request["registry"]!["authorization"]);
            using var pulled = await http.SendAsync(pull);
            var id = Guid.NewGuid().ToString();
            reports[id] = pulled.IsSuccessStatusCode && context.Request.Headers.Authorization == "Bearer adapters-own"
                ? new JsonObject { ["artifact"] = request["artifact"]!.DeepClone(), ["scanner"] = new JsonObject { ["name"] = "Loopback", ["version"] = "9" }, ["vulnerabilities"] = JsonNode.Parse("""[{"id":"CVE-1","package":"p","version":"1","fix_version":"2","severity":"High"}]""") }.ToJsonString()
                : "{}";
            await Answer(context, 202, "application/vnd.scanner.adapter.scan.response+json; version=1.0", $$"""{"id":"{{id}}"}""");
        });
        app.MapGet("/api/v1/scan/{id}/report", (HttpContext context, string id) => Answer(context, 200, "application/vnd.security.vulnerability.report; version=1.1", reports[id]));
        await app.StartAsync(Cancel);
        return app;
    }

    static Task Answer(HttpContext context, int status, string type, string body)
    {
        (context.Response.StatusCode, context.Response.ContentType) = (status, type);
        return context.Response.WriteAsync(body);
    }
}
