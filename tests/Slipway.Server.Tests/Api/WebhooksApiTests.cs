using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Slipway.Server.Tests.Api;

public sealed class WebhooksApiTests
{
    [Fact]
    public async Task Webhook_AddedListedRemoved_ShowsItsSecretOnce()
    {
        await using var server = await TestServer.Start();
        var added = await server.Client.PostAsJsonAsync("/api/v1/registry/webhooks", new { name = "ci", url = "http://127.0.0.1:1/events" });
        added.StatusCode.ShouldBe(HttpStatusCode.Created);
        var hook = JsonNode.Parse(await added.Content.ReadAsStringAsync())!;
        hook["secret"]!.GetValue<string>().ShouldStartWith("whsec_");
        hook["actions"]!.AsArray().Select(action => action!.GetValue<string>()).ShouldBe(["push", "delete"]);

        var list = JsonNode.Parse(await server.Client.GetStringAsync("/api/v1/registry/webhooks"))!.AsArray();
        list.Single()!["name"]!.GetValue<string>().ShouldBe("ci");
        list.Single()!["secret"].ShouldBeNull();
        File.ReadAllText(server.Data.Database).ShouldNotContain(hook["secret"]!.GetValue<string>());

        (await server.Client.DeleteAsync("/api/v1/registry/webhooks/ci")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await server.Client.DeleteAsync("/api/v1/registry/webhooks/ci")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Webhook_BadInput_IsNamedByKey()
    {
        await using var server = await TestServer.Start();
        var answer = await server.Client.PostAsJsonAsync("/api/v1/registry/webhooks", new { name = "CI!", url = "gopher://x" });
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var keys = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["diagnostics"]!.AsArray().Select(one => one!["key"]!.GetValue<string>());
        keys.ShouldBe(["name", "url"]);
    }
}
