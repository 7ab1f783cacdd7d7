using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Slipway.Server.Tests.Api;

public sealed partial class OpenApiTests : IAsyncLifetime
{
    TestServer _server = null!;
    JsonDocument _document = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.Start();
        _document = JsonDocument.Parse(await _server.Client.GetStringAsync("/openapi/v1.json", Cancel));
    }

    public async ValueTask DisposeAsync()
    {
        _document.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public void Document_ListsEveryRoute()
    {
        var routes = _server.Host.App.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(route => route.RoutePattern.RawText!.StartsWith("/api/", StringComparison.Ordinal))
            .SelectMany(route => route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(method => $"{method} {Constraint().Replace(route.RoutePattern.RawText!, "").TrimEnd('/')}"))
            .ToList();

        routes.Count.ShouldBeGreaterThan(15);
        Operations().Select(operation => operation.Name).ShouldBe([.. routes, "GET /healthz", "GET /readyz", "GET /metrics"], ignoreOrder: true);
    }

    [Fact]
    public void EveryOperation_HasNameSummaryAndAnswers()
    {
        foreach (var (name, operation) in Operations())
        {
            operation.TryGetProperty("operationId", out _).ShouldBeTrue(name);
            operation.GetProperty("summary").GetString().ShouldNotBeNullOrWhiteSpace(name);
            operation.GetProperty("description").GetString().ShouldNotBeNullOrWhiteSpace(name);
            var answers = operation.GetProperty("responses").EnumerateObject().Select(answer => answer.Name).ToList();
            answers.ShouldContain(answer => answer.StartsWith('2'), name);
            if (name.Contains("/api/", StringComparison.Ordinal)) answers.ShouldContain("401", name);
        }
    }

    [Fact]
    public void SeverityOfAFinding_IsNotThatOfADiagnostic()
    {
        var schemas = _document.RootElement.GetProperty("components").GetProperty("schemas");
        string[] Words(string schema, string property) =>
            [.. schemas.GetProperty(schemas.GetProperty(schema).GetProperty("properties").GetProperty(property).GetProperty("$ref").GetString()!.Split('/')[^1]).GetProperty("enum").EnumerateArray().Select(word => word.GetString()!)];

        Words("Finding", "severity").ShouldContain("Critical");
        Words("Diagnostic", "severity").ShouldBe(["Error", "Warning"]);
    }

    [Fact]
    public void Errors_AreProblems()
    {
        var refusals = from operation in Operations()
                       from answer in operation.Value.GetProperty("responses").EnumerateObject()
                       where answer.Name[0] is '4' or '5' && operation.Name.Contains("/api/", StringComparison.Ordinal)
                       select answer.Value.GetProperty("content");

        refusals.ShouldAllBe(content => content.EnumerateObject().Single().Name == "application/problem+json");
    }

    [Fact]
    public void HealthChecks_NeedNoCredential_AllElseDoes()
    {
        _document.RootElement.GetProperty("security").GetArrayLength().ShouldBe(2);
        Operations().Where(operation => operation.Value.TryGetProperty("security", out var security) && security.GetArrayLength() == 0)
            .Select(operation => operation.Name).ShouldBe(["GET /healthz", "GET /readyz"], ignoreOrder: true);
    }

    IEnumerable<(string Name, JsonElement Value)> Operations() =>
        from path in _document.RootElement.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select ($"{operation.Name.ToUpperInvariant()} {path.Name.TrimEnd('/')}", operation.Value);

    [GeneratedRegex(@":\w+(?=\})")]
    private static partial Regex Constraint();
}
