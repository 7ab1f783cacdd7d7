using System.Text.Json.Serialization;
using Slipway.Model;

namespace Slipway.Server.Api;

/// <summary><c>POST /api/v1/apps/{app}/rollouts</c></summary>
public sealed record DeployRequest
{
    public required DeploySource Source { get; init; }

    /// <summary>Promote a blue-green or canary release as soon as it is ready, without steps.</summary>
    public bool AutoPromote { get; init; }

    /// <summary>Though the app is frozen; for its administrators.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool DespiteFreeze { get; init; }

    /// <summary>With <see cref="AutoPromote"/>: without the approvals that its steps ask for; for the app's administrators.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool DespiteApprovals { get; init; }
}

/// <summary><c>POST /api/v1/apps/{app}/previews</c></summary>
public sealed record PreviewRequest
{
    /// <summary>The branch's name, or one of your own such as pr-12.</summary>
    public required string Name { get; init; }

    public required DeploySource Source { get; init; }

    /// <summary>From now to its removal, as 3d or 12h; null: as the last time, or as the app's live release says (7d where it says nothing).</summary>
    public string? For { get; init; }

    /// <summary>Go on though the platform is frozen; for administrators of the app. A freeze of the app alone does not concern its previews.</summary>
    public bool DespiteFreeze { get; init; }
}

/// <summary><c>POST /api/v1/apps/{app}/previews/{name}/extend</c></summary>
public sealed record PreviewExtension
{
    /// <summary>From now to its removal, as 3d or 12h.</summary>
    public required string For { get; init; }
}

/// <summary><c>POST /api/v1/apps/{app}/promote</c></summary>
public sealed record PromoteRequest
{
    /// <summary>The step of a canary to go to, from 1; null: the next one.</summary>
    public int? ToStep { get; init; }

    /// <summary>Though the app is frozen; for its administrators.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool DespiteFreeze { get; init; }

    /// <summary>Past approvals that were not given; for the app's administrators.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool DespiteApprovals { get; init; }
}

/// <summary><c>POST /api/v1/apps/{app}/rollback</c></summary>
public sealed record RollbackRequest
{
    /// <summary>The release to go back to; null: the one that was live before.</summary>
    public int? To { get; init; }

    /// <summary>Also past a one-way step that was taken.</summary>
    public bool PastOneWay { get; init; }

    /// <summary>Though the app is frozen, which only matters for a release that is no step back; for its administrators.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool DespiteFreeze { get; init; }
}

/// <summary><c>POST /api/v1/apps/{app}/abort</c></summary>
public sealed record AbortRequest
{
    /// <summary>Also past a one-way step that was taken.</summary>
    public bool PastOneWay { get; init; }
}

/// <summary><c>PUT /api/v1/apps/{app}/services/{service}/scale</c></summary>
public sealed record ScaleRequest
{
    /// <summary>Instances wanted, 0 to 100.</summary>
    public required int Replicas { get; init; }

    /// <summary>Though the app is frozen; for its administrators.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool DespiteFreeze { get; init; }
}

/// <summary><c>PUT /api/v1/apps/{app}/maintenance</c></summary>
public sealed record MaintenanceRequest
{
    /// <summary>What people read, at most 500 characters; null: a sentence of the gateway's own.</summary>
    public string? Message { get; init; }

    /// <summary>Seconds after which clients may ask again, 1 to 86400; null: 60.</summary>
    public int? RetryAfter { get; init; }
}

/// <summary><c>POST /api/v1/base-images</c></summary>
public sealed record BaseImageRequest
{
    /// <summary>As a Dockerfile's FROM names it: debian:bookworm-slim.</summary>
    public required string Image { get; init; }
}
