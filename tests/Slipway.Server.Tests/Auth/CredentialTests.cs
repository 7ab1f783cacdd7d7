using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Api;

namespace Slipway.Server.Tests.Auth;

public sealed class CredentialTests : IAsyncLifetime
{
    TestServer _server = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await TestServer.Start();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task EveryEndpoint_NoCredential_Refuses()
    {
        var endpoints = _server.Host.App.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().ToList();
        var open = new List<string>();

        foreach (var endpoint in endpoints)
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), PathOf(endpoint));
                using var answer = await _server.Anonymous.SendAsync(request, Cancel);
                if (answer.StatusCode != HttpStatusCode.Unauthorized) open.Add($"{method} {endpoint.RoutePattern.RawText}");
            }

        endpoints.Count.ShouldBeGreaterThan(20);
        // The token endpoint gives tokens for what is public to everybody.
        open.ShouldBe(["GET /healthz", "GET /readyz", "GET /v2/token"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/api/v1/nothing")]
    [InlineData("/openapi/v1.json")]
    public async Task AnyPath_NoCredential_AnswersAProblemAndAsksForABearerToken(string path)
    {
        using var answer = await _server.Anonymous.GetAsync(path, Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Headers.WwwAuthenticate.ShouldHaveSingleItem().Scheme.ShouldBe("Bearer");
        answer.Content.Headers.ContentType!.MediaType.ShouldBe(Problem.MediaType);
        JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(Cancel), ApiJson.Default.Problem)!.Status.ShouldBe(401);
    }

    [Fact]
    public async Task Registry_NoCredential_AsksForATokenInTheRegistrysOwnForm()
    {
        using var answer = await _server.Anonymous.GetAsync("/v2/", Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Headers.WwwAuthenticate.ShouldHaveSingleItem().ToString().ShouldBe($"Bearer realm=\"{_server.Host.Url}/v2/token\",service=\"slipway-registry\"");
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel));
        body.RootElement.GetProperty("errors")[0].GetProperty("code").GetString().ShouldBe("UNAUTHORIZED");
    }

    [Theory]
    [InlineData("Bearer {0}", HttpStatusCode.OK)]
    [InlineData("bearer {0}", HttpStatusCode.OK)]
    [InlineData("Basic admin:{0}", HttpStatusCode.OK)]
    [InlineData("Basic root:{0}", HttpStatusCode.Unauthorized)]
    [InlineData("Basic admin:", HttpStatusCode.Unauthorized)]
    [InlineData("Basic admin:{0}x", HttpStatusCode.Unauthorized)]
    [InlineData("Bearer {0}x", HttpStatusCode.Unauthorized)]
    [InlineData("Bearer", HttpStatusCode.Unauthorized)]
    [InlineData("Digest {0}", HttpStatusCode.Unauthorized)]
    public async Task Credential_IsTheTokenAsBearerOrAsAdminsPassword(string header, HttpStatusCode expected)
    {
        var (scheme, value) = string.Format(null, header, _server.Token).Split(' ', 2) is [var first, var second] ? (first, second) : (header, null);
        if (scheme == "Basic") value = Convert.ToBase64String(Encoding.UTF8.GetBytes(value!));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/openapi/v1.json");
        request.Headers.Authorization = new AuthenticationHeaderValue(scheme, value);

        using var answer = await _server.Anonymous.SendAsync(request, Cancel);

        answer.StatusCode.ShouldBe(expected);
    }

    [Theory]
    [InlineData("https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("null", HttpStatusCode.Forbidden)]
    [InlineData("{0}", HttpStatusCode.OK)]
    public async Task Origin_OfAnotherSite_Refuses(string origin, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/openapi/v1.json");
        request.Headers.TryAddWithoutValidation("Origin", string.Format(null, origin, _server.Host.Url));

        using var answer = await _server.Client.SendAsync(request, Cancel);

        answer.StatusCode.ShouldBe(expected);
    }

    static string PathOf(RouteEndpoint endpoint)
    {
        var segments = endpoint.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part =>
            part is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal ? literal.Content : "1")));
        return "/" + string.Join('/', segments) + (endpoint.RoutePattern.RawText!.EndsWith('/') ? "/" : "");
    }
}
