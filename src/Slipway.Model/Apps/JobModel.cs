namespace Slipway.Model;

/// <summary>
/// A command that a release runs once before it gets requests: a migration of the database, say. It runs in a container of its own, made like the
/// service's (image, environment, secrets, volumes, networks), without ports and routes.
/// </summary>
public sealed record JobModel
{
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(5);

    /// <summary>Replaces the image's CMD, as a service's command does.</summary>
    public required IReadOnlyList<string> Run { get; init; }

    /// <summary>Null: the service's own.</summary>
    public IReadOnlyList<string>? Entrypoint { get; init; }

    /// <summary>From its start; past it the job is stopped and the release fails.</summary>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>What it did can't be undone: once it is done, nothing goes back past it by itself.</summary>
    public bool OneWay { get; init; } = true;
}
