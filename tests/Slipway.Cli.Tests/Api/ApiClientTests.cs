using System.Text;
using Microsoft.AspNetCore.Http;
using Slipway.Cli.Api;
using Slipway.Model;

namespace Slipway.Cli.Tests.Api;

public class ApiClientTests
{
    static readonly AppName Shop = AppName.Parse("shop");

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Promote_Asked_SendsTheTokenAndReadsTheRollout()
    {
        string? authorization = null, asked = null;
        await using var server = await LoopbackServer.Start(http =>
        {
            (authorization, asked) = (http.Request.Headers.Authorization.ToString(), $"{http.Request.Method} {http.Request.Path}");
            return LoopbackServer.Json(http, """{"id":7,"app":"shop","kind":"deploy","state":"promoting","created":"2026-01-31T12:00:00Z","changed":"2026-01-31T12:00:00Z"}""", 202);
        });
        using var api = server.Client;
        var rollout = await api.Promote(Shop, Cancel);
        (rollout.Id, rollout.State).ShouldBe((7L, RolloutState.Promoting));
        authorization.ShouldBe("Bearer secret");
        asked.ShouldBe("POST /api/v1/apps/shop/promote");
    }

    [Fact]
    public async Task App_ServerSaysNo_ThrowsItsWords()
    {
        await using var server = await LoopbackServer.Start(http => LoopbackServer.Json(http, """{"type":"about:blank","title":"Not Found","status":404,"detail":"There is no app 'shop'."}""", 404, "application/problem+json"));
        using var api = server.Client;
        var refused = await Should.ThrowAsync<ApiException>(() => api.App(Shop, Cancel));
        (refused.Message, refused.Problem.Status).ShouldBe(("There is no app 'shop'.", 404));
    }

    [Fact]
    public async Task Run_ServerFindsBadInput_PrintsEachDiagnosticAndExitsWith2()
    {
        await using var server = await LoopbackServer.Start(http => LoopbackServer.Json(http,
            """{"title":"Bad input","status":400,"diagnostics":[{"message":"'99999' is no port","file":"compose.yaml","line":7,"column":5,"key":"services.web.ports[0]","expected":"1 to 65535"},{"message":"unknown key","file":"compose.yaml","line":9}]}""",
            400, "application/problem+json"));
        var shell = new TestShell();
        shell.Variables["SLIPWAY_TOKEN"] = "secret";
        (await shell.Run("apps", "--server", server.Url)).ShouldBe(2);
        shell.Error.ShouldContain("compose.yaml:7:5: services.web.ports[0]: '99999' is no port (expected 1 to 65535)");
        shell.Error.ShouldContain("compose.yaml:9: unknown key");
    }

    [Fact]
    public async Task Status_TokenRefused_NamesTheVariable()
    {
        await using var server = await LoopbackServer.Start(http => LoopbackServer.Json(http, "", 401));
        using var api = server.Client;
        (await Should.ThrowAsync<ApiException>(() => api.Status(Cancel))).Message.ShouldContain("SLIPWAY_TOKEN");
    }

    [Fact]
    public async Task Apps_AnswerOfSomethingElse_IsAClearError()
    {
        await using var server = await LoopbackServer.Start(http => LoopbackServer.Json(http, "<html>", 200, "text/html"));
        using var api = server.Client;
        (await Should.ThrowAsync<CommandFailedException>(() => api.Apps(Cancel))).Message.ShouldContain("Is that a Slipway server");
    }

    [Fact]
    public async Task Logs_ConnectionBreaks_GivesTheLinesBeforeAndThenSaysSo()
    {
        var received = new TaskCompletionSource();
        await using var server = await LoopbackServer.Start(async http =>
        {
            http.Response.ContentType = "application/x-ndjson";
            await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("""{"time":"2026-01-31T12:00:00Z","service":"web","instance":"shop.web.v1.1","stream":"stdout","text":"hello"}""" + "\n"));
            await http.Response.Body.FlushAsync();
            await received.Task;
            http.Abort();
        });
        using var api = server.Client;
        var lines = new List<string>();
        await Should.ThrowAsync<ServerUnavailableException>(async () =>
        {
            await foreach (var line in api.Logs(Shop, null, follow: true, null, null, Cancel))
            {
                lines.Add(line.Text);
                received.SetResult();
            }
        });
        lines.ShouldBe(["hello"]);
    }
}
