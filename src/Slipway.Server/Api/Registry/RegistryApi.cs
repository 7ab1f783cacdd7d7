namespace Slipway.Server.Api.Registry;

/// <summary>What is administered of the registry, at /api/v1/registry: images, projects, rules, mirrors, upkeep. (What clients push and pull is at /v2/.)</summary>
static class RegistryApi
{
    public static void MapRegistryApi(this IEndpointRouteBuilder api)
    {
        var registry = api.MapGroup("/registry");
        registry.MapImages();
        registry.MapRules();
        registry.MapTrust();
        registry.MapPolicies();
        registry.MapMirrors();
        registry.MapReplications();
        registry.MapWebhooks();
        registry.MapScanning();
        registry.MapAccounts();
        registry.MapProjects();
        registry.MapRobots();
        registry.MapAudit();
        registry.MapUpkeep();
    }
}
