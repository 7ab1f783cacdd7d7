using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Model;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;
using Slipway.Registry.Images;
using Slipway.Registry.Scanning;
using Slipway.Server.Auth;
using Severity = Slipway.Registry.Scanning.Severity;

namespace Slipway.Server.Api.Registry;

/// <summary>Vulnerabilities of images, and the scanner that finds them.</summary>
static class ScanningApi
{
    public static void MapScanning(this IEndpointRouteBuilder registry)
    {
        var scanner = registry.MapGroup("/scanner").WithTags("Registry: scanning");

        scanner.MapGet("/", Show).WithName("GetScanner").Errors(404)
            .WithSummary("Show the scanner")
            .WithDescription("The adapter, asked just now what it is: 'error' says why it does not answer. Without its secret.");

        scanner.MapPut("/", Set).WithName("SetScanner").Errors(400)
            .WithSummary("Set the scanner, or change it")
            .WithDescription("An adapter of the Harbor Scanner Adapter API 1.0 to 1.2, checked by asking it for its metadata. Without a secret the stored one stays, as long as address, way and user do; no answer shows it. What failed is tried again, and images that were never scanned are queued.");

        scanner.MapDelete("/", Remove).WithName("RemoveScanner").Errors(404)
            .WithSummary("Scan no more")
            .WithDescription("What waits is forgotten; reports stay.");

        scanner.MapPost("/rescan", Rescan).WithName("RescanImages").Errors(409)
            .WithSummary("Scan every tagged image again")
            .WithDescription("However old its report is; answers how many were queued.");

        var images = registry.MapGroup("/images").WithTags("Registry: scanning").RequireAuthorization(Credentials.AnyAccount);

        images.MapPost("/scan", Request).WithName("ScanImage").Errors(400, 403, 404, 409)
            .WithSummary("Scan an image for vulnerabilities")
            .WithDescription("Queues it, of an index each of its images that are here, and answers at once; ask for its state until that is Done or Failed. For developers.");

        images.MapGet("/scan", Status).WithName("GetImageScan").Errors(400, 403, 404, 409)
            .WithSummary("How the scan of an image does, and what it found in numbers")
            .WithDescription("Of an index: of its worst image, and each of them. 409 for what can't be scanned, such as a chart or a signature.");

        images.MapGet("/findings", Findings).WithName("ListFindings").Errors(400, 403, 404, 409)
            .WithSummary("List the vulnerabilities of an image")
            .WithDescription("The worst first, each of a package once; of an index with the platforms that have it. 'next' of the answer is 'after' of the next page.");
    }

    static async Task<Ok<ScannerStatus>> Show(Scanner scanner, CancellationToken cancel) => TypedResults.Ok(await scanner.Show(cancel) ?? throw None());

    static async Task<Ok<ScannerStatus>> Set(ScannerRequest request, Scanner scanner, HttpContext context) =>
        TypedResults.Ok(await scanner.Set(request, Caller.Of(context), context.RequestAborted));

    static async Task<NoContent> Remove(Scanner scanner, HttpContext context) =>
        await scanner.Remove(Caller.Of(context), context.RequestAborted) ? TypedResults.NoContent() : throw None();

    static async Task<Accepted<RescanAnswer>> Rescan(Scanner scanner, HttpContext context) =>
        TypedResults.Accepted((string?)null, new RescanAnswer(await scanner.RescanAll(Caller.Of(context), context.RequestAborted)));

    static async Task<Accepted<ScanSummary>> Request(ScanRequest request, Scans scans, HttpContext context)
    {
        context.Require(ImageRepository.Of(request.Image), RegistryActions.Push, "developer");
        return TypedResults.Accepted($"/api/v1/registry/images/scan?image={Uri.EscapeDataString(request.Image)}", await scans.Request(request.Image, Caller.Of(context), context.RequestAborted));
    }

    static Ok<ScanSummary> Status(Scans scans, Projects projects, HttpContext context, string image)
    {
        context.RequirePull(projects, ImageRepository.Of(image));
        return TypedResults.Ok(scans.Status(image));
    }

    static Ok<FindingReport> Findings(Scans scans, Projects projects, HttpContext context, string image, string? severity = null, int after = 0, int limit = 1000)
    {
        context.RequirePull(projects, ImageRepository.Of(image));
        return TypedResults.Ok(scans.Report(image, severity is null ? Severity.None : SeverityText.Parse(severity), after, limit));
    }

    static NotFoundException None() => new("No scanner is set.");
}

/// <summary><c>POST /api/v1/registry/images/scan</c></summary>
public sealed record ScanRequest
{
    /// <summary>team/app:1.2 or team/app@sha256:...</summary>
    public required string Image { get; init; }
}

/// <param name="Queued">Images that are scanned now.</param>
public sealed record RescanAnswer(int Queued);

/// <summary>In the dialect of <see cref="ApiJson"/>. Also for clients.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ScannerStatus))]
[JsonSerializable(typeof(ScannerRequest))]
[JsonSerializable(typeof(ScanRequest))]
[JsonSerializable(typeof(ScanSummary))]
[JsonSerializable(typeof(FindingReport))]
[JsonSerializable(typeof(RescanAnswer))]
public sealed partial class ScanningJson : JsonSerializerContext;
