using System.Threading.Channels;
using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Pipelines.Images;

namespace Slipway.Server.Api;

static class BaseImagesApi
{
    public static void MapBaseImages(this IEndpointRouteBuilder api)
    {
        var images = api.MapGroup("/base-images").WithTags("Base images");

        images.MapGet("/", List).WithName("ListBaseImages").Errors(502, 503)
            .WithSummary("List the base images in the registry")
            .WithDescription("The images that Dockerfiles can be FROM on a network without a public registry.");

        images.MapPost("/", Import).WithName("ImportBaseImage").Errors(400)
            .WithSummary("Get a base image into the registry")
            .WithDescription("From the engine, the public registry, or made of Debian packages. Answers a line (application/x-ndjson) for each thing worth telling, and ends with a line that has image or error.");
    }

    static async Task<Ok<IReadOnlyList<BaseImageStatus>>> List(BaseImages images, CancellationToken cancel) =>
        TypedResults.Ok<IReadOnlyList<BaseImageStatus>>([.. (await images.List(cancel)).Select(image => new BaseImageStatus { Name = image.Name, Image = image.Image })]);

    static Ndjson<BaseImageLine> Import(BaseImageRequest request, BaseImages images, CancellationToken cancel)
    {
        // Unbounded, but of sentences: an import says a handful.
        var lines = Channel.CreateUnbounded<BaseImageLine>(new UnboundedChannelOptions { SingleReader = true });
        _ = Report();
        return new(lines.Reader.ReadAllAsync(cancel), ApiJson.Default.BaseImageLine);

        async Task Report()
        {
            try
            {
                var image = await images.Import(request.Image, note => lines.Writer.TryWrite(new BaseImageLine { Note = note }), cancel);
                lines.Writer.TryWrite(new BaseImageLine { Image = image.Image });
                lines.Writer.Complete();
            }
            catch (Exception expected) when (Problems.Of(expected) is { Status: not 500 } problem)
            {
                // The status has gone out by now: the error is the last line instead.
                lines.Writer.TryWrite(new BaseImageLine { Error = problem });
                lines.Writer.Complete();
            }
            catch (Exception bug)
            {
                lines.Writer.Complete(bug);
            }
        }
    }
}
