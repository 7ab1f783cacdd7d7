namespace Slipway.Engines.Docker;

/// <summary>One image to build (Engine API, ImageBuild). The context comes beside it, as a tar.</summary>
public sealed record BuildRequest
{
    /// <summary>Identifies the build on the engine, so that it can be cancelled: any text that no other build has.</summary>
    public required string BuildId { get; init; }

    /// <summary>Path of the Dockerfile inside the context; null is "Dockerfile".</summary>
    public string? Dockerfile { get; init; }

    /// <summary>The stage to build; null is the last.</summary>
    public string? Target { get; init; }

    public IReadOnlyDictionary<string, string> BuildArgs { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Images whose layers may be used as cache.</summary>
    public IReadOnlyList<string> CacheFrom { get; init; } = [];

    /// <summary>name:address, or name=address as Compose also has it.</summary>
    public IReadOnlyList<string> ExtraHosts { get; init; } = [];

    /// <summary>host, none, or null for the engine's default.</summary>
    public string? Network { get; init; }

    /// <summary>linux/arm64; null is the engine's own.</summary>
    public string? Platform { get; init; }

    public bool NoCache { get; init; }

    /// <summary>Ask the registry for newer base images even where the engine has them.</summary>
    public bool Pull { get; init; }

    /// <summary>Bytes of /dev/shm, or null for the engine's default.</summary>
    public long? ShmSize { get; init; }

    /// <summary>repository:tag that the image gets; null leaves it unnamed.</summary>
    public string? Tag { get; init; }
}
