using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Model;
using Slipway.Releases;
using Slipway.Server.Members;

namespace Slipway.Server.Api;

static class ServicesApi
{
    const int MostReplicas = 100;

    public static void MapServices(this IEndpointRouteBuilder api) =>
        api.MapPut("/apps/{app}/services/{service}/scale", Scale).WithName("ScaleService").Needs(AppActions.Deploy).WithTags("Apps").Errors(400, 403, 404, 409)
            .WithSummary("Set how many instances a service has")
            .WithDescription("0 to 100. Holds for the releases to come until it is set again.");

    static async Task<NoContent> Scale(string app, string service, ScaleRequest request, Rollouts rollouts, AppAccess access, HttpContext context, CancellationToken cancel)
    {
        if (request.Replicas is < 0 or > MostReplicas)
            throw new InvalidInputException(new Diagnostic
            {
                Message = $"{request.Replicas} is no number of instances",
                Key = "replicas",
                Found = request.Replicas.ToString(CultureInfo.InvariantCulture),
                Expected = $"0 to {MostReplicas}",
            });
        var name = AppName.Parse(app);
        await rollouts.Scale(name, service, request.Replicas, cancel, access.Asker(context, name, request.DespiteFreeze));
        return TypedResults.NoContent();
    }
}
