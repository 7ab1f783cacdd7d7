namespace Slipway.Releases;

public sealed record ReleaseOptions
{
    /// <summary>Journals go to rollouts/ in it, copies of secrets and configs to files/.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Host and port under which the engine reaches our registry: 127.0.0.1:8080.</summary>
    public required string RegistryAddress { get; init; }

    /// <summary>The gateway's HTTP port, for the URLs that are shown.</summary>
    public int GatewayPort { get; init; } = 80;

    /// <summary>How often everything is looked at though nothing reported a change.</summary>
    public TimeSpan ResyncEvery { get; init; } = TimeSpan.FromSeconds(30);
}
