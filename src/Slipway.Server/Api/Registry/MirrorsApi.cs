using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Mirroring.Caching;
using Slipway.Registry.Mirroring.Replicating;

namespace Slipway.Server.Api.Registry;

static class MirrorsApi
{
    public static void MapMirrors(this IEndpointRouteBuilder registry)
    {
        var mirrors = registry.MapGroup("/mirrors").WithTags("Registry: mirrors");

        mirrors.MapGet("/", List).WithName("ListMirrors")
            .WithSummary("List the projects that are caches of other registries")
            .WithDescription("Without their passwords.");

        mirrors.MapPut("/{project}", Set).WithName("SetMirror").Errors(400)
            .WithSummary("Make a project a cache of another registry, or change it")
            .WithDescription("Images are fetched when they are first pulled, and served from here ever after. Without a password the stored one stays, as long as upstream and user do; no answer shows it.");

        mirrors.MapDelete("/{project}", Remove).WithName("RemoveMirror").Errors(404)
            .WithSummary("End a cache")
            .WithDescription("The images that it has stay, as those of an ordinary project.");
    }

    static Ok<IReadOnlyList<MirrorStatus>> List(Caches caches) => TypedResults.Ok<IReadOnlyList<MirrorStatus>>([.. caches.List().Select(MirrorStatus.Of)]);

    static async Task<Ok<MirrorStatus>> Set(string project, MirrorRequest request, Caches caches, HttpContext context)
    {
        await caches.Set(request.Settings(project), Caller.Of(context), context.RequestAborted);
        return TypedResults.Ok(MirrorStatus.Of(caches.List().First(cache => cache.Project == project)));
    }

    static async Task<NoContent> Remove(string project, Caches caches, HttpContext context) =>
        await caches.Remove(project, Caller.Of(context), context.RequestAborted)
            ? TypedResults.NoContent()
            : throw new NotFoundException($"Project '{project}' is no cache. Caches: {string.Join(", ", caches.List().Select(cache => cache.Project).DefaultIfEmpty("none"))}.");
}

/// <summary><c>PUT /api/v1/registry/mirrors/{project}</c></summary>
public sealed record MirrorRequest
{
    /// <summary>docker.io, ghcr.io, https://harbor.example:8443/team</summary>
    public required string Upstream { get; init; }

    /// <summary>Null: anonymous.</summary>
    public string? User { get; init; }

    public string? Password { get; init; }

    /// <summary>How long a tag is served without being compared with the upstream; null: 600.</summary>
    public long? TagSeconds { get; init; }

    /// <summary>Patterns of repositories there that may be had; none: all.</summary>
    public IReadOnlyList<string> Allowed { get; init; } = [];

    public bool AllowPush { get; init; }

    internal CacheSettings Settings(string project) => new()
    {
        Project = project,
        Upstream = Upstream,
        User = User,
        Password = Password,
        TagLifetime = TagSeconds is { } seconds ? TimeSpan.FromSeconds(Math.Clamp(seconds, -1, int.MaxValue)) : CacheSettings.UsualTagLifetime,
        Allowed = Allowed,
        AllowPush = AllowPush,
    };
}

/// <summary>A project that is a cache.</summary>
public sealed record MirrorStatus
{
    public required string Project { get; init; }

    public required string Upstream { get; init; }

    public string? User { get; init; }

    public required long TagSeconds { get; init; }

    public required IReadOnlyList<string> Allowed { get; init; }

    public required bool AllowPush { get; init; }

    internal static MirrorStatus Of(CacheSettings cache) => new()
    {
        Project = cache.Project,
        Upstream = cache.Upstream,
        User = cache.User,
        TagSeconds = (long)cache.TagLifetime.TotalSeconds,
        Allowed = cache.Allowed,
        AllowPush = cache.AllowPush,
    };
}

/// <summary>In the dialect of <see cref="ApiJson"/>. Also for clients.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(IReadOnlyList<MirrorStatus>))]
[JsonSerializable(typeof(MirrorRequest))]
[JsonSerializable(typeof(IReadOnlyList<ReplicationStatus>))]
[JsonSerializable(typeof(IReadOnlyList<ReplicationRun>))]
[JsonSerializable(typeof(ReplicationReport))]
[JsonSerializable(typeof(ReplicationSettings))]
public sealed partial class MirroringJson : JsonSerializerContext;
