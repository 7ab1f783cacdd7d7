using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Slipway.Server.Tests.Api;

public sealed class MirroringApiTests
{
    [Fact]
    public async Task Mirror_SetListedRemoved_NeverShowsItsPassword()
    {
        await using var server = await TestServer.Start();
        var set = await server.Client.PutAsJsonAsync("/api/v1/registry/mirrors/hub", new { upstream = "docker.io", user = "bot", password = "s3cret", tagSeconds = 60 });
        set.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await set.Content.ReadAsStringAsync()).ShouldNotContain("s3cret");

        var listed = JsonNode.Parse(await server.Client.GetStringAsync("/api/v1/registry/mirrors"))!.AsArray().Single()!;
        (listed["upstream"]!.GetValue<string>(), listed["tagSeconds"]!.GetValue<long>(), listed["password"]).ShouldBe(("https://registry-1.docker.io", 60, null));
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(server.Data.Database)!, "registry.key")).Trim().Length.ShouldBe(64);

        (await server.Client.DeleteAsync("/api/v1/registry/mirrors/hub")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await server.Client.DeleteAsync("/api/v1/registry/mirrors/hub")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Replication_SetRunReported_IsWholeInJson()
    {
        await using var server = await TestServer.Start();
        var rule = new { direction = "push", repository = "team/*", remote = "http://127.0.0.1:1", schedule = "every 1d", password = "s3cret", user = "bot" };
        (await server.Client.PutAsJsonAsync("/api/v1/registry/replications/backup", rule)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var started = await server.Client.PostAsync("/api/v1/registry/replications/backup/runs", null);
        started.StatusCode.ShouldBe(HttpStatusCode.Accepted);

        var text = await server.Client.GetStringAsync("/api/v1/registry/replications");
        text.ShouldNotContain("s3cret");
        var listed = JsonNode.Parse(text)!.AsArray().Single()!;
        (listed["rule"]!["direction"]!.GetValue<string>(), listed["rule"]!["tag"]!.GetValue<string>(), listed["last"]!["cause"]!.GetValue<string>()).ShouldBe(("push", "*", "asked for"));
        listed["due"].ShouldNotBeNull();
        JsonNode.Parse(await server.Client.GetStringAsync("/api/v1/registry/replications/backup/runs/latest"))!["items"]!.AsArray().ShouldBeEmpty();
        (await server.Client.GetAsync("/api/v1/registry/replications/other/runs")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        var wrong = await server.Client.PutAsJsonAsync("/api/v1/registry/replications/B", new { direction = "pull", repository = "x", remote = "y", schedule = "never" });
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        JsonNode.Parse(await wrong.Content.ReadAsStringAsync())!["diagnostics"]!.AsArray().Select(one => one!["key"]!.GetValue<string>()).ShouldBe(["name", "schedule"]);
    }
}
