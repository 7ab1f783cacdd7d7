namespace Slipway.Releases;

public sealed record ReleaseOptions
{
    /// <summary>Journals go to rollouts/ in it, copies of secrets and configs to files/.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Host and port under which the engine reaches our registry: 127.0.0.1:8080.</summary>
    public required string RegistryAddress { get; init; }

    /// <summary>The gateway's HTTP port, for the URLs that are shown.</summary>
    public int GatewayPort { get; init; } = 80;

    /// <summary>Its port for https; null where it has none.</summary>
    public int? GatewayHttpsPort { get; init; }

    /// <summary>The engine runs on this machine, so that the ports which it publishes are this machine's.</summary>
    public bool IsEngineHere { get; init; } = true;

    /// <summary>How often everything is looked at though nothing reported a change.</summary>
    public TimeSpan ResyncEvery { get; init; } = TimeSpan.FromSeconds(30);
}
