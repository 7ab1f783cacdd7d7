using Slipway.Server.Api;

namespace Slipway.Server.Leading;

/// <summary>A server that stands by reads for everybody, and changes nothing that the leader's controllers would have to carry out.</summary>
static class StandBy
{
    public static void UseStandByRefusal(this IApplicationBuilder app)
    {
        if (app.ApplicationServices.GetService<Leader>() is not { } leader) return;
        app.Use((context, next) =>
        {
            var (method, path) = (context.Request.Method, context.Request.Path);
            if (leader.Leads || HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || !path.StartsWithSegments("/api/v1", out var rest) || rest.StartsWithSegments("/registry"))
                return next(context);
            context.Response.Headers.RetryAfter = "2";
            return Problems.Write(context, StatusCodes.Status503ServiceUnavailable, "This server stands by, and another one leads: send this to that one. A load balancer that tries the next server on 503 does.");
        });
    }
}
