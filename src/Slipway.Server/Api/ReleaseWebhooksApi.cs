using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Delivery;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Server.Members;
using Slipway.Server.Notifications;

namespace Slipway.Server.Api;

/// <summary>Receivers of release events: of an app, for its administrators, and of all apps, for those of the platform.</summary>
static class ReleaseWebhooksApi
{
    const int UsualDeliveries = 50, MostDeliveries = 1000;

    public static void MapReleaseWebhooks(this IEndpointRouteBuilder api)
    {
        var ofApp = api.MapGroup("/apps/{app}/webhooks").WithTags("Webhooks").Needs(AppActions.Manage);
        Describe(ofApp.MapGet("/", (string app, ReleaseWebhooks hooks) => List(AppName.Parse(app), hooks)), "ListAppWebhooks", "The receivers of an app's events", "With how their deliveries go. For its administrators.", 400, 403);
        Describe(ofApp.MapPost("/", (string app, ReleaseWebhookRequest request, ReleaseWebhooks hooks, HttpContext context) => Add(AppName.Parse(app), request, hooks, context)),
            "AddAppWebhook", "Send an app's events to a URL", AddText + " The app need not be there yet. For its administrators.", 400, 403, 409);
        Describe(ofApp.MapDelete("/{name}", (string app, string name, ReleaseWebhooks hooks, HttpContext context) => Remove(AppName.Parse(app), name, hooks, context)),
            "RemoveAppWebhook", "Remove a receiver of an app's events", "What waited for it is not sent any more. For its administrators.", 400, 403, 404);
        Describe(ofApp.MapPost("/{name}/test", (string app, string name, ReleaseWebhooks hooks, CancellationToken cancel) => Try(AppName.Parse(app), name, hooks, cancel)),
            "TestAppWebhook", "Send a message that tells of nothing, now", "And answer what the receiver said. For its administrators.", 400, 403, 404);
        Describe(ofApp.MapPost("/{name}/enable", (string app, string name, ReleaseWebhooks hooks, HttpContext context, bool fromNow = false) => Enable(AppName.Parse(app), name, fromNow, hooks, context)),
            "EnableAppWebhook", "Send to a disabled receiver again", EnableText + " For its administrators.", 400, 403, 404, 409);
        Describe(ofApp.MapGet("/{name}/deliveries", (string app, string name, ReleaseWebhooks hooks, string? state = null, int? most = null) => Deliveries(AppName.Parse(app), name, state, most, hooks)),
            "ListAppWebhookDeliveries", "The deliveries to a receiver", DeliveriesText + " For its administrators.", 400, 403, 404);
        Describe(ofApp.MapPost("/{name}/resend", (string app, string name, ReleaseWebhooks hooks, CancellationToken cancel, long? id = null) => Resend(AppName.Parse(app), name, id, hooks, cancel)),
            "ResendAppWebhookDeliveries", "Send dead deliveries again", ResendText + " For its administrators.", 400, 403, 404);

        var all = api.MapGroup("/webhooks").WithTags("Webhooks");
        Describe(all.MapGet("/", (ReleaseWebhooks hooks) => List(null, hooks)), "ListReleaseWebhooks", "The receivers of all apps' events", "With how their deliveries go. For administrators of the platform.");
        Describe(all.MapPost("/", (ReleaseWebhookRequest request, ReleaseWebhooks hooks, HttpContext context) => Add(null, request, hooks, context)),
            "AddReleaseWebhook", "Send all apps' events to a URL", AddText + " For administrators of the platform.", 400, 409);
        Describe(all.MapDelete("/{name}", (string name, ReleaseWebhooks hooks, HttpContext context) => Remove(null, name, hooks, context)),
            "RemoveReleaseWebhook", "Remove a receiver of all apps' events", "What waited for it is not sent any more. For administrators of the platform.", 404);
        Describe(all.MapPost("/{name}/test", (string name, ReleaseWebhooks hooks, CancellationToken cancel) => Try(null, name, hooks, cancel)),
            "TestReleaseWebhook", "Send a message that tells of nothing, now", "And answer what the receiver said. For administrators of the platform.", 404);
        Describe(all.MapPost("/{name}/enable", (string name, ReleaseWebhooks hooks, HttpContext context, bool fromNow = false) => Enable(null, name, fromNow, hooks, context)),
            "EnableReleaseWebhook", "Send to a disabled receiver again", EnableText + " For administrators of the platform.", 404, 409);
        Describe(all.MapGet("/{name}/deliveries", (string name, ReleaseWebhooks hooks, string? state = null, int? most = null) => Deliveries(null, name, state, most, hooks)),
            "ListReleaseWebhookDeliveries", "The deliveries to a receiver", DeliveriesText + " For administrators of the platform.", 400, 404);
        Describe(all.MapPost("/{name}/resend", (string name, ReleaseWebhooks hooks, CancellationToken cancel, long? id = null) => Resend(null, name, id, hooks, cancel)),
            "ResendReleaseWebhookDeliveries", "Send dead deliveries again", ResendText + " For administrators of the platform.", 404);
    }

    const string AddText = "What happens from now on, in order and at least once, as CloudEvents or as a text for Slack, signed after Standard Webhooks 1.0.0. The answer is the only one that shows the secret.";
    const string EnableText = "All that it has missed, in order; with fromNow only what happens from now on.";
    const string DeliveriesText = "Newest first, at most so many; state: waiting, delivered or dead.";
    const string ResendText = "All of them, or that of the event named by id.";

    static void Describe(RouteHandlerBuilder endpoint, string name, string summary, string description, params ReadOnlySpan<int> errors) =>
        endpoint.WithName(name).WithSummary(summary).WithDescription(description).Errors(errors);

    static Ok<IReadOnlyList<ReleaseWebhook>> List(AppName? app, ReleaseWebhooks hooks) => TypedResults.Ok(hooks.List(app));

    static async Task<Created<ReleaseWebhook>> Add(AppName? app, ReleaseWebhookRequest request, ReleaseWebhooks hooks, HttpContext context)
    {
        var hook = await hooks.Add(app, request, Caller.Of(context), context.RequestAborted);
        return TypedResults.Created($"/api/v1/{(app is { } one ? $"apps/{one}/" : "")}webhooks/{hook.Name}", hook);
    }

    static async Task<NoContent> Remove(AppName? app, string name, ReleaseWebhooks hooks, HttpContext context)
    {
        await hooks.Remove(app, name, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }

    static async Task<Ok<WebhookTrial>> Try(AppName? app, string name, ReleaseWebhooks hooks, CancellationToken cancel) => TypedResults.Ok(await hooks.Try(app, name, cancel));

    static async Task<NoContent> Enable(AppName? app, string name, bool fromNow, ReleaseWebhooks hooks, HttpContext context)
    {
        await hooks.Enable(app, name, fromNow, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }

    static Ok<IReadOnlyList<ReleaseDelivery>> Deliveries(AppName? app, string name, string? state, int? most, ReleaseWebhooks hooks) =>
        TypedResults.Ok(hooks.Deliveries(app, name, state, Math.Clamp(most ?? UsualDeliveries, 1, MostDeliveries)));

    static async Task<Ok<ResentDeliveries>> Resend(AppName? app, string name, long? id, ReleaseWebhooks hooks, CancellationToken cancel) =>
        TypedResults.Ok(new ResentDeliveries(await hooks.SendAgain(app, name, id, cancel)));
}

/// <summary>How many deliveries wait for their receiver again.</summary>
public sealed record ResentDeliveries(int Count);

/// <summary>In the dialect of <see cref="ApiJson"/>. Also for clients.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(IReadOnlyList<ReleaseWebhook>))]
[JsonSerializable(typeof(IReadOnlyList<ReleaseDelivery>))]
[JsonSerializable(typeof(ReleaseWebhookRequest))]
[JsonSerializable(typeof(ResentDeliveries))]
[JsonSerializable(typeof(WebhookTrial))]
public sealed partial class ReleaseWebhooksJson : JsonSerializerContext;
