using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Slipway.Server.Api;

/// <summary>What /openapi/v1.json says of the API as a whole.</summary>
static class ApiDocument
{
    const string Bearer = "bearer", Basic = "basic";

    public static void Describe(OpenApiOptions options)
    {
        // Schemas are called by their type's name alone, and there is a Severity of diagnostics too.
        options.CreateSchemaReferenceId = type => type.Type == typeof(Slipway.Registry.Scanning.Severity) ? "FindingSeverity" : OpenApiOptions.CreateDefaultSchemaReferenceId(type);
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Slipway",
                Version = "v1",
                Description = "Builds, ships and runs Compose apps. Every operation but the health checks needs the admin token, which the server makes at its first start in DATA/admin.token. Errors are application/problem+json (RFC 9457).",
            };
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [Bearer] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "The admin token." },
                [Basic] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "basic", Description = "User admin, password: the admin token." },
            };
            document.Security =
            [
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] },
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Basic, document)] = [] },
            ];
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            // An empty list says that none of the document's schemes is needed (OpenAPI 3.1, Operation Object, "security").
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<Microsoft.AspNetCore.Authorization.IAllowAnonymous>().Any()) operation.Security = [];
            return Task.CompletedTask;
        });
    }
}
