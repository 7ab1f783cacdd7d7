namespace Slipway.Engines.Docker;

/// <summary>Engine API, SystemVersion.</summary>
sealed record VersionAnswer
{
    public string? Version { get; init; }

    public IReadOnlyList<VersionComponent>? Components { get; init; }

    /// <summary>Docker Engine 20.10.24, Podman Engine 4.3.1</summary>
    public string Product => Components is [{ Name: { } name and not "Engine" }, ..] ? $"{name} {Version}" : $"Docker Engine {Version}";
}

sealed record VersionComponent
{
    public string? Name { get; init; }
}

/// <summary>Engine API, SystemInfo.</summary>
sealed record InfoAnswer
{
    public string? OperatingSystem { get; init; }

    public int NCPU { get; init; }

    public long MemTotal { get; init; }

    public string? DockerRootDir { get; init; }
}

/// <summary>Engine API, SystemEvents: a line.</summary>
sealed record EventMessage
{
    public string? Action { get; init; }

    public EventActor? Actor { get; init; }
}

sealed record EventActor
{
    public string? ID { get; init; }

    public Dictionary<string, string>? Attributes { get; init; }
}
