using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;
using Slipway.Registry.Images;
using Slipway.Registry.Images.Diffs;
using Slipway.Server.Auth;

namespace Slipway.Server.Api.Registry;

static class ImagesApi
{
    const int UsualPage = 100;

    public static void MapImages(this IEndpointRouteBuilder registry)
    {
        var images = registry.MapGroup("/images").WithTags("Registry: images").RequireAuthorization(Credentials.AnyAccount);

        images.MapGet("/", List).WithName("ListImages").Errors(400)
            .WithSummary("List the repositories that have an image")
            .WithDescription("Those that the caller may pull from, with number of tags, size and labels; by a pattern of names and by a label. 'next' of the answer is 'after' of the next page.");

        images.MapGet("/tags", Tags).WithName("ListImageTags").Errors(400, 403, 404)
            .WithSummary("List the tags of a repository")
            .WithDescription("With digest, size, platforms, labels and when they were pushed and pulled.");

        images.MapGet("/inspect", Inspect).WithName("InspectImage").Errors(400, 403, 404)
            .WithSummary("Show everything about one image")
            .WithDescription("Manifest, platforms, config, layers, history, what is attached to it, who uses it. Of an index config and layers are those of the platform asked for, linux/amd64, or the first.");

        images.MapGet("/diff", Compare).WithName("CompareImages").Errors(400, 403, 404)
            .WithSummary("Compare two images")
            .WithDescription("Configs and layers, and with files=true the files that a container would see: all layers are read for that.");

        images.MapPost("/tag", Tag).WithName("TagImage").Errors(400, 403, 404, 409)
            .WithSummary("Give an image one more name")
            .WithDescription("Also in another repository: in one transaction and without moving bytes. For who may pull the one and push the other.");

        images.MapPost("/remove", Remove).WithName("RemoveImage").Errors(400, 403, 404, 409)
            .WithSummary("Remove a tag or an image")
            .WithDescription("With its last tag the image goes, with an index its entries, with an image what is attached to it. What a release uses is refused unless forced. For maintainers.");

        images.MapPost("/labels", Label).WithName("LabelImage").Errors(400, 403, 404)
            .WithSummary("Set labels of an image or a repository")
            .WithDescription("A name without tag or digest is the repository's. A label whose value is null is removed. Answers all labels. For developers.");
    }

    static Ok<ImagePage<RepositoryEntry>> List(
        ImageListing images, Projects projects, HttpContext context, string? pattern = null, string? label = null, string? after = null, int limit = UsualPage) =>
        TypedResults.Ok(images.Repositories(pattern, label, after ?? "", limit, repository => context.MayPull(projects, repository)));

    static async Task<Ok<ImagePage<TagEntry>>> Tags(
        ImageListing images, Projects projects, HttpContext context, string repository, string? label = null, string? after = null, int limit = UsualPage)
    {
        context.RequirePull(projects, repository);
        return TypedResults.Ok(await images.Tags(repository, label, after ?? "", limit, context.RequestAborted));
    }

    static async Task<Ok<ImageDetails>> Inspect(ImageInspection images, Projects projects, HttpContext context, string image, string? platform = null)
    {
        context.RequirePull(projects, ImageRepository.Of(image));
        return TypedResults.Ok(await images.Inspect(image, platform, context.RequestAborted));
    }

    static async Task<Ok<ImageDiff>> Compare(ImageDiffs images, Projects projects, HttpContext context, string from, string to, string? platform = null, bool files = false)
    {
        context.RequirePull(projects, ImageRepository.Of(from));
        context.RequirePull(projects, ImageRepository.Of(to));
        return TypedResults.Ok(await images.Compare(from, to, platform, files, context.RequestAborted));
    }

    static async Task<Ok<TaggedImage>> Tag(TagRequest request, ImageChanges images, Projects projects, HttpContext context)
    {
        context.RequirePull(projects, ImageRepository.Of(request.Source));
        context.Require(ImageRepository.Of(request.Destination), RegistryActions.Push, "developer");
        return TypedResults.Ok(new TaggedImage(request.Destination, (await images.Tag(request.Source, request.Destination, Caller.Of(context), context.RequestAborted)).Value));
    }

    static async Task<Ok<RemovedImage>> Remove(RemoveRequest request, ImageChanges images, HttpContext context)
    {
        context.Require(ImageRepository.Of(request.Image), RegistryActions.Delete, "maintainer");
        return TypedResults.Ok(await images.Remove(request.Image, request.Force, Caller.Of(context), context.RequestAborted));
    }

    static async Task<Ok<ImageLabelSet>> Label(LabelRequest request, ImageChanges images, HttpContext context)
    {
        context.Require(ImageRepository.Of(request.Target), RegistryActions.Push, "developer");
        return TypedResults.Ok(new ImageLabelSet(await images.Label(request.Target, request.Labels, Caller.Of(context), context.RequestAborted)));
    }
}

/// <summary><c>POST /api/v1/registry/images/tag</c></summary>
public sealed record TagRequest
{
    /// <summary>team/app:1.2 or team/app@sha256:...</summary>
    public required string Source { get; init; }

    /// <summary>team/app:stable; without a tag it is latest.</summary>
    public required string Destination { get; init; }
}

public sealed record TaggedImage(string Image, string Digest);

/// <summary><c>POST /api/v1/registry/images/remove</c></summary>
public sealed record RemoveRequest
{
    public required string Image { get; init; }

    /// <summary>Also what a release uses.</summary>
    public bool Force { get; init; }
}

/// <summary><c>POST /api/v1/registry/images/labels</c></summary>
public sealed record LabelRequest
{
    /// <summary>team/app for the repository; team/app:1.2 or team/app@sha256:... for the image.</summary>
    public required string Target { get; init; }

    /// <summary>Null removes a label.</summary>
    public required IReadOnlyDictionary<string, string?> Labels { get; init; }
}

public sealed record ImageLabelSet(IReadOnlyDictionary<string, string> Labels);

/// <summary>In the dialect of <see cref="ApiJson"/>. Also for clients.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ImagePage<RepositoryEntry>))]
[JsonSerializable(typeof(ImagePage<TagEntry>))]
[JsonSerializable(typeof(ImageDetails))]
[JsonSerializable(typeof(ImageDiff))]
[JsonSerializable(typeof(TagRequest))]
[JsonSerializable(typeof(TaggedImage))]
[JsonSerializable(typeof(RemoveRequest))]
[JsonSerializable(typeof(RemovedImage))]
[JsonSerializable(typeof(LabelRequest))]
[JsonSerializable(typeof(ImageLabelSet))]
public sealed partial class ImagesJson : JsonSerializerContext;
