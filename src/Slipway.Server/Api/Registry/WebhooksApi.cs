using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Registry.Events;
using Slipway.Delivery;
using Slipway.Registry.Notifications;

namespace Slipway.Server.Api.Registry;

static class WebhooksApi
{
    public static void MapWebhooks(this IEndpointRouteBuilder registry)
    {
        var hooks = registry.MapGroup("/webhooks").WithTags("Registry: webhooks");

        hooks.MapGet("/", List).WithName("ListWebhooks")
            .WithSummary("List the receivers of registry events")
            .WithDescription("With how their deliveries go.");

        hooks.MapPost("/", Add).WithName("AddWebhook").Errors(400, 409)
            .WithSummary("Send registry events to a URL")
            .WithDescription("Everything that happens from now on, in order and at least once, in the event format of the CNCF Distribution registry, signed after Standard Webhooks 1.0.0. The answer is the only one that shows the secret.");

        hooks.MapDelete("/{name}", Remove).WithName("RemoveWebhook").Errors(404)
            .WithSummary("Remove a receiver")
            .WithDescription("What waited for it is not sent any more.");

        hooks.MapPost("/{name}/test", Try).WithName("TestWebhook").Errors(404)
            .WithSummary("Send an envelope without events, now")
            .WithDescription("And answer what the receiver said.");
    }

    static Ok<IReadOnlyList<WebhookStatus>> List(Webhooks hooks) => TypedResults.Ok(hooks.List());

    static async Task<Created<WebhookStatus>> Add(WebhookRequest request, Webhooks hooks, HttpContext context)
    {
        var hook = await hooks.Add(request, Caller.Of(context), context.RequestAborted);
        return TypedResults.Created($"/api/v1/registry/webhooks/{hook.Name}", hook);
    }

    static async Task<NoContent> Remove(string name, Webhooks hooks, HttpContext context)
    {
        await hooks.Remove(name, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }

    static async Task<Ok<WebhookTrial>> Try(string name, Webhooks hooks, CancellationToken cancel) => TypedResults.Ok(await hooks.Try(name, cancel));
}

/// <summary>In the dialect of <see cref="ApiJson"/>. Also for clients.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(IReadOnlyList<WebhookStatus>))]
[JsonSerializable(typeof(WebhookRequest))]
[JsonSerializable(typeof(WebhookTrial))]
public sealed partial class WebhooksJson : JsonSerializerContext;
