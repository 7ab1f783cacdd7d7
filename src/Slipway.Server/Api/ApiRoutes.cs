using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Metadata;
using Slipway.Model;
using Slipway.Server.Api.Registry;
using Slipway.Server.Certificates;

namespace Slipway.Server.Api;

/// <summary>The API's table of contents.</summary>
static class ApiRoutes
{
    public static void AddApi(this IServiceCollection services)
    {
        services.AddExceptionHandler<Problems>();
        services.AddProblemDetails();
        services.AddOpenApi("v1", ApiDocument.Describe);
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Clear();
            json.SerializerOptions.TypeInfoResolverChain.Add(ApiJson.Default.WithAddedModifier(InitialValues.Keep));
            json.SerializerOptions.TypeInfoResolverChain.Add(ImagesJson.Default.WithAddedModifier(InitialValues.Keep));
            json.SerializerOptions.TypeInfoResolverChain.Add(RulesJson.Default.WithAddedModifier(InitialValues.Keep));
            json.SerializerOptions.TypeInfoResolverChain.Add(SignaturesJson.Default.WithAddedModifier(InitialValues.Keep));
            json.SerializerOptions.TypeInfoResolverChain.Add(MirroringJson.Default.WithAddedModifier(InitialValues.Keep));
            json.SerializerOptions.TypeInfoResolverChain.Add(AccessJson.Default.WithAddedModifier(InitialValues.Keep));
            json.SerializerOptions.TypeInfoResolverChain.Add(WebhooksJson.Default.WithAddedModifier(InitialValues.Keep));
            json.SerializerOptions.TypeInfoResolverChain.Add(ScanningJson.Default.WithAddedModifier(InitialValues.Keep));
            json.SerializerOptions.TypeInfoResolverChain.Add(UpkeepJson.Default.WithAddedModifier(InitialValues.Keep));
            json.SerializerOptions.TypeInfoResolverChain.Add(CertificatesJson.Default.WithAddedModifier(InitialValues.Keep));
            json.SerializerOptions.TypeInfoResolverChain.Add(GovernanceJson.Default.WithAddedModifier(InitialValues.Keep));
            json.SerializerOptions.TypeInfoResolverChain.Add(ApprovalsJson.Default.WithAddedModifier(InitialValues.Keep));
            json.SerializerOptions.TypeInfoResolverChain.Add(ReleaseWebhooksJson.Default.WithAddedModifier(InitialValues.Keep));
            json.SerializerOptions.TypeInfoResolverChain.Add(ModelJson.Default);
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull;
        });
        // Bad bodies and parameters reach the one exception handler too.
        services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);
    }

    public static void MapApi(this WebApplication app, ServerRoles roles)
    {
        var api = app.MapGroup("/api/v1").Errors(401, 500);
        api.MapStatus();
        api.MapRegistryApi();
        if (roles.HasFlag(ServerRoles.Control)) api.MapControl();
        app.MapOpenApi("/openapi/{documentName}.json");
    }

    static void MapControl(this IEndpointRouteBuilder api)
    {
        api.MapApps();
        api.MapRollouts();
        api.MapReleases();
        api.MapPreviews();
        api.MapServices();
        api.MapMaintenance();
        api.MapPlan();
        api.MapFreezes();
        api.MapApprovals();
        api.MapMembers();
        api.MapEvents();
        api.MapReleaseWebhooks();
        api.MapLogs();
        api.MapBaseImages();
        api.MapCertificates();
    }

    /// <summary>The statuses, beside success, that an operation answers with; all of them carry a <see cref="Problem"/>.</summary>
    public static T Errors<T>(this T endpoint, params ReadOnlySpan<int> statuses) where T : IEndpointConventionBuilder
    {
        foreach (var status in statuses) endpoint.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(Problem), [Problem.MediaType]));
        return endpoint;
    }
}
