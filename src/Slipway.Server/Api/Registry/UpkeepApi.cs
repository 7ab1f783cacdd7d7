using System.Text.Json.Serialization;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Model;
using Slipway.Registry;
using Slipway.Registry.Events;
using Slipway.Registry.GarbageCollection;
using Slipway.Registry.Verifying;

namespace Slipway.Server.Api.Registry;

/// <summary>Keeping the registry in order: garbage collection and verification.</summary>
static class UpkeepApi
{
    const int MostParallel = 16;

    public static void MapUpkeep(this IEndpointRouteBuilder registry)
    {
        var upkeep = registry.MapGroup("/").WithTags("Registry: upkeep");

        upkeep.MapGet("/status", Status).WithName("GetRegistryStatus")
            .WithSummary("What the registry holds, and what the last garbage collection removed")
            .WithDescription("Bytes are those of all blobs, each counted once however many repositories have it.");

        upkeep.MapPost("/gc", Collect).WithName("CollectGarbage").Errors(400)
            .WithSummary("Remove what nothing refers to")
            .WithDescription("Pushes and pulls go on meanwhile. Answers a line (application/x-ndjson) for each part as it begins, and ends with a line that has report or error. One collection runs at a time, of all servers: a second one ends with an error of status 409.");

        upkeep.MapPost("/verify", Verify).WithName("VerifyRegistry").Errors(400)
            .WithSummary("Re-read and re-hash everything that is stored")
            .WithDescription("Answers lines (application/x-ndjson) with progress or a finding as they come, and ends with one that has the report. With withdraw, blobs that are damaged or missing are not served any more, so that the next push brings them back; without it, nothing is changed.");
    }

    static Ok<RegistryStatus> Status(ImageCatalog images, GarbageCollector collector)
    {
        var usage = images.Usage();
        return TypedResults.Ok(new RegistryStatus
        {
            Repositories = usage.Repositories, Tags = usage.Tags, Manifests = usage.Manifests, Blobs = usage.Blobs, Bytes = usage.Bytes, LastCollection = collector.LastReport(),
        });
    }

    static Ndjson<CollectionLine> Collect(GarbageRequest request, GarbageCollector collector, HttpContext context)
    {
        if (request.UntaggedSeconds < 0)
            throw new InvalidInputException(new Diagnostic { Key = "untaggedSeconds", Message = "an age is not negative", Found = $"{request.UntaggedSeconds}", Expected = "seconds, for example 2592000 for 30 days" });
        var (caller, cancel) = (Caller.Of(context), context.RequestAborted);
        // Unbounded, but of words: a collection says a handful.
        var lines = Channel.CreateUnbounded<CollectionLine>(new UnboundedChannelOptions { SingleReader = true });
        _ = Report();
        return new(lines.Reader.ReadAllAsync(cancel), UpkeepJson.Default.CollectionLine);

        async Task Report()
        {
            try
            {
                var asked = new CollectionRequest
                {
                    DryRun = request.DryRun, AllStrays = request.AllStrays, GoneSubjects = request.GoneSubjects,
                    UntaggedAfter = request.UntaggedSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                };
                var report = await collector.Collect(asked, caller, phase => lines.Writer.TryWrite(new CollectionLine { Phase = phase }), cancel)
                    ?? throw new ConflictException("A garbage collection is going on, on this server or another one. Try again when it has ended; 'slipway registry status' shows its report then.");
                lines.Writer.TryWrite(new CollectionLine { Report = report });
                lines.Writer.Complete();
            }
            catch (Exception expected) when (Problems.Of(expected) is { Status: not 500 } problem)
            {
                // The status has gone out by now: the error is the last line instead.
                lines.Writer.TryWrite(new CollectionLine { Error = problem });
                lines.Writer.Complete();
            }
            catch (Exception bug)
            {
                lines.Writer.Complete(bug);
            }
        }
    }

    static Ndjson<VerifyLine> Verify(VerifyRequest request, Verifier verifier, HttpContext context)
    {
        if (request.Parallel is < 1 or > MostParallel)
            throw new InvalidInputException(new Diagnostic { Key = "parallel", Message = "so many blobs can't be read at a time", Found = $"{request.Parallel}", Expected = $"1 to {MostParallel}" });
        return new(verifier.Verify(request.Withdraw, request.Parallel, Caller.Of(context), context.RequestAborted), UpkeepJson.Default.VerifyLine);
    }
}

public sealed record GarbageRequest
{
    /// <summary>Only tell what would be removed.</summary>
    public bool DryRun { get; init; }

    /// <summary>Also manifests that have had no tag for so long, are in no index, and are attached to nothing.</summary>
    public long? UntaggedSeconds { get; init; }

    /// <summary>Also, of that age, manifests (signatures, SBOMs) whose subject is gone.</summary>
    public bool? GoneSubjects { get; init; }

    /// <summary>Also objects that no row speaks of, where there are so many that they are otherwise left alone.</summary>
    public bool AllStrays { get; init; }
}

/// <summary>One of the three is set.</summary>
public sealed record CollectionLine
{
    /// <summary>What begins now: manifests, links, blobs, strays, repositories.</summary>
    public string? Phase { get; init; }

    public CollectionReport? Report { get; init; }

    public Problem? Error { get; init; }
}

public sealed record VerifyRequest
{
    /// <summary>Do not serve what is damaged or missing any more.</summary>
    public bool Withdraw { get; init; }

    /// <summary>Blobs that are read at a time, 1 to 16.</summary>
    public int Parallel { get; init; } = 2;
}

public sealed record RegistryStatus
{
    public long Repositories { get; init; }

    public long Tags { get; init; }

    public long Manifests { get; init; }

    public long Blobs { get; init; }

    /// <summary>Of all blobs, each counted once.</summary>
    public long Bytes { get; init; }

    /// <summary>Null before the first.</summary>
    public CollectionReport? LastCollection { get; init; }
}

/// <summary>In the dialect of <see cref="ApiJson"/>. Also for clients.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(GarbageRequest))]
[JsonSerializable(typeof(CollectionLine))]
[JsonSerializable(typeof(VerifyRequest))]
[JsonSerializable(typeof(VerifyLine))]
[JsonSerializable(typeof(RegistryStatus))]
public sealed partial class UpkeepJson : JsonSerializerContext;
