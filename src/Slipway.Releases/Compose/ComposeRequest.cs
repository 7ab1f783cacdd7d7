using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>Which Compose files to read, and with what.</summary>
public sealed record ComposeRequest
{
    /// <summary>Absolute path of the project's folder: where files are looked for, and where <c>.env</c> stands.</summary>
    public required string Directory { get; init; }

    /// <summary>
    /// Absolute or relative to the folder, merged in this order. Empty: COMPOSE_FILE, else compose.yaml, compose.yml, docker-compose.yaml or
    /// docker-compose.yml with its .override.
    /// </summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>The person's shell. It wins over <c>.env</c>.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> Profiles { get; init; } = [];

    /// <summary>Null: COMPOSE_PROJECT_NAME, else the files' top-level <c>name</c>, else the folder's name.</summary>
    public AppName? Name { get; init; }

    /// <summary>Dates in the files lie before or after its now.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
