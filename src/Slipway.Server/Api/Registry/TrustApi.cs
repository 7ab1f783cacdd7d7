using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Model;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;
using Slipway.Registry.Policies;
using Slipway.Registry.Signatures.Trust;
using Slipway.Server.Auth;

namespace Slipway.Server.Api.Registry;

static class TrustApi
{
    public static void MapTrust(this IEndpointRouteBuilder registry)
    {
        var trust = registry.MapGroup("/trust").WithTags("Registry: signatures").RequireAuthorization(Credentials.AnyAccount);

        trust.MapGet("/", List).WithName("ListTrust")
            .WithSummary("List the keys and certificates that signatures are verified with")
            .WithDescription("The platform's own first; of projects those that the caller may pull from.");

        trust.MapPost("/", Add).WithName("AddTrust").Errors(400, 403, 409)
            .WithSummary("Trust a key or a certificate")
            .WithDescription("A public key for signatures of cosign, or root certificates for those of notation, both in PEM. For administrators; of projects for the maintainers of all of them.");

        trust.MapGet("/{name}", Show).WithName("GetTrust").Errors(403, 404)
            .WithSummary("Show a trusted key or certificate")
            .WithDescription("With its PEM. The platform's own key is 'slipway'.");

        trust.MapDelete("/{name}", Remove).WithName("RemoveTrust").Errors(403, 404, 409)
            .WithSummary("Trust a key or certificate no more")
            .WithDescription("From the next deploy on; what runs goes on. For who may add it.");
    }

    static async Task<Ok<IReadOnlyList<TrustedSigner>>> List(TrustStore trust, Projects projects, HttpContext context) =>
        TypedResults.Ok<IReadOnlyList<TrustedSigner>>([.. (await trust.List(context.RequestAborted)).Where(signer => Sees(context, projects, signer))]);

    static async Task<Created<TrustedSigner>> Add(TrustRequest request, TrustStore trust, HttpContext context)
    {
        RequireManage(context, request.Projects);
        var added = await trust.Add(request, Caller.Of(context), context.RequestAborted);
        return TypedResults.Created($"/api/v1/registry/trust/{added.Name}", added);
    }

    static async Task<Ok<TrustedSigner>> Show(string name, TrustStore trust, Projects projects, HttpContext context)
    {
        var signer = await trust.Find(name, context.RequestAborted);
        return Sees(context, projects, signer) ? TypedResults.Ok(signer) : throw new ForbiddenException($"{context.Account().Name} may not see '{name}': it needs the role viewer in {string.Join(" or ", signer.Projects)}.");
    }

    static async Task<NoContent> Remove(string name, TrustStore trust, HttpContext context)
    {
        RequireManage(context, (await trust.Find(name, context.RequestAborted)).Projects);
        await trust.Remove(name, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }

    static bool Sees(HttpContext context, Projects projects, TrustedSigner signer) => signer.Projects.Count == 0 || signer.Projects.Any(project => context.MayPull(projects, project));

    /// <summary>What all projects trust is an administrator's to say, what some trust their maintainers'.</summary>
    static void RequireManage(HttpContext context, IReadOnlyList<string> projects)
    {
        if (projects.Count == 0) context.RequireAdmin("what all projects trust");
        foreach (var project in projects) context.RequireManage(project);
    }
}

/// <summary>In the dialect of <see cref="ApiJson"/>. Also for clients.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(IReadOnlyList<TrustedSigner>))]
[JsonSerializable(typeof(TrustRequest))]
[JsonSerializable(typeof(DeployPolicy))]
[JsonSerializable(typeof(IReadOnlyList<PolicyStatus>))]
public sealed partial class SignaturesJson : JsonSerializerContext;
