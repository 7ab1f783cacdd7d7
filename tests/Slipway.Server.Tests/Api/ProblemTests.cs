using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Slipway.Server.Api;

namespace Slipway.Server.Tests.Api;

public sealed class ProblemTests : IAsyncLifetime
{
    TestServer _server = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await TestServer.Start();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("GET", "/api/v1/nothing", null, HttpStatusCode.NotFound, "/openapi/v1.json")]
    [InlineData("PATCH", "/api/v1/apps", null, HttpStatusCode.MethodNotAllowed, "GET")]
    [InlineData("GET", "/api/v1/apps/My_Shop", null, HttpStatusCode.BadRequest, "'My_Shop' is no app name")]
    [InlineData("GET", "/api/v1/apps/shop", null, HttpStatusCode.NotFound, "shop")]
    [InlineData("GET", "/api/v1/apps/shop/instances", null, HttpStatusCode.NotFound, "shop")]
    [InlineData("GET", "/api/v1/apps/shop/logs", null, HttpStatusCode.NotFound, "shop")]
    [InlineData("GET", "/api/v1/apps/shop/releases", null, HttpStatusCode.NotFound, "shop")]
    [InlineData("GET", "/api/v1/apps/shop/releases/1", null, HttpStatusCode.NotFound, "shop")]
    [InlineData("GET", "/api/v1/apps/shop/rollouts", null, HttpStatusCode.NotFound, "shop")]
    [InlineData("DELETE", "/api/v1/apps/shop", null, HttpStatusCode.NotFound, "shop")]
    [InlineData("GET", "/api/v1/rollouts/99", null, HttpStatusCode.NotFound, "99")]
    [InlineData("GET", "/api/v1/rollouts/99/events", null, HttpStatusCode.NotFound, "99")]
    [InlineData("GET", "/api/v1/apps/shop/logs?since=soon", null, HttpStatusCode.BadRequest, "'soon' is no time")]
    [InlineData("GET", "/api/v1/apps/shop/logs?tail=-1", null, HttpStatusCode.BadRequest, "-1")]
    [InlineData("GET", "/api/v1/apps/shop/logs?follow=perhaps", null, HttpStatusCode.BadRequest, "follow")]
    [InlineData("POST", "/api/v1/apps/shop/promote", null, HttpStatusCode.NotFound, "shop")]
    [InlineData("POST", "/api/v1/apps/shop/rollouts", "{", HttpStatusCode.BadRequest, "JSON")]
    [InlineData("POST", "/api/v1/apps/shop/rollouts", "{}", HttpStatusCode.BadRequest, "source")]
    [InlineData("POST", "/api/v1/apps/shop/rollouts", """{"source":null}""", HttpStatusCode.BadRequest, "source")]
    [InlineData("POST", "/api/v1/apps/shop/rollouts", """{"source":{"directory":"shop"}}""", HttpStatusCode.BadRequest, "absolute")]
    [InlineData("POST", "/api/v1/apps/shop/rollouts", """{"source":{"directory":"/no/such/folder"}}""", HttpStatusCode.BadRequest, "/no/such/folder")]
    [InlineData("PUT", "/api/v1/apps/shop/services/web/scale", """{"replicas":101}""", HttpStatusCode.BadRequest, "0 to 100")]
    [InlineData("PUT", "/api/v1/apps/shop/services/web/scale", """{"replicas":"many"}""", HttpStatusCode.BadRequest, "replicas")]
    public async Task BadRequest_AnswersAProblemThatSaysWhatIsWrong(string method, string path, string? body, HttpStatusCode expected, string says)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");

        using var answer = await _server.Client.SendAsync(request, Cancel);

        answer.StatusCode.ShouldBe(expected);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        var problem = JsonSerializer.Deserialize(text, ApiJson.Default.Problem)!;
        problem.Status.ShouldBe((int)expected);
        problem.Title.ShouldNotBeNullOrEmpty();
        problem.Detail.ShouldNotBeNull(text).ShouldContain(says);
    }

    [Fact]
    public async Task BodyThatIsNoJson_Answers415()
    {
        using var body = new StringContent("replicas=3", MediaTypeHeaderValue.Parse("application/x-www-form-urlencoded"));

        using var answer = await _server.Client.PutAsync("/api/v1/apps/shop/services/web/scale", body, Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
    }

    [Fact]
    public async Task BodyAboveAMebibyte_Answers413()
    {
        using var body = new StringContent($$"""{"source": {"directory": "/{{new string('x', 2 << 20)}}"} }""", Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/apps/shop/rollouts") { Content = body };
        request.Headers.ExpectContinue = true;

        using var answer = await _server.Client.SendAsync(request, Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
    }

    [Fact]
    public async Task ComposeFileWithErrors_AnswersEveryDiagnosticAndStoresNothing()
    {
        using var folder = new TestFolder();
        folder.Write("compose.yaml", "services:\n  web:\n    image: busybox\n    ports: ['99999']\n    colour: blue\n");

        using var answer = await _server.Client.PostAsync("/api/v1/apps/shop/rollouts",
            new StringContent($$"""{"source": {"directory": "{{folder.Path}}"} }""", Encoding.UTF8, "application/json"), Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var problem = JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(Cancel), ApiJson.Default.Problem)!;
        problem.Diagnostics.ShouldNotBeNull().Count.ShouldBe(2);
        problem.Diagnostics.ShouldAllBe(diagnostic => diagnostic.Line >= 4 && diagnostic.File != null);
        (await _server.Client.GetAsync("/api/v1/apps/shop", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }
}
