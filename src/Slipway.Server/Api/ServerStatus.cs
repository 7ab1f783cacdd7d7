using Slipway.Engines;

namespace Slipway.Server.Api;

/// <summary><c>GET /api/v1/status</c>: the server and what it stands on. A part that can't be reached has an error in place of its facts.</summary>
public sealed record ServerStatus
{
    public required string Version { get; init; }

    public required int ProcessId { get; init; }

    public required DateTimeOffset Started { get; init; }

    public required double UptimeSeconds { get; init; }

    public required string DataFolder { get; init; }

    public required DatabasePart Database { get; init; }

    /// <summary>control, registry.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>Whether this server's controllers work, or stand by for another's; null without the role control.</summary>
    public bool? Leads { get; init; }

    /// <summary>Null without the role control, as are gateway and apps.</summary>
    public EnginePart? Engine { get; init; }

    public required RegistryPart Registry { get; init; }

    public GatewayPart? Gateway { get; init; }

    /// <summary>Apps that have or had a release.</summary>
    public int? Apps { get; init; }

    /// <summary>Room on the file systems of the data folder and of the engine's folder, which may be one.</summary>
    public required IReadOnlyList<DiskPart> Disks { get; init; }

    /// <param name="Name">A file's path, or postgres://user@host:port/database.</param>
    /// <param name="Shared">Whether other servers may be on it.</param>
    public sealed record DatabasePart(string Name, bool Shared);

    public sealed record EnginePart(EngineStatus? Status, string? Error);

    /// <param name="Address">What image names of our registry begin with: 127.0.0.1:8080</param>
    /// <param name="Bytes">Of all blobs, each counted once.</param>
    public sealed record RegistryPart(string Address, long Bytes, long Repositories);

    public sealed record GatewayPart
    {
        /// <summary>host:port of each listener.</summary>
        public IReadOnlyList<string> Listening { get; init; } = [];

        /// <summary>Ports of apps that it could not open, with the reason.</summary>
        public IReadOnlyDictionary<string, string> NotListening { get; init; } = new Dictionary<string, string>();

        public int? ProcessId { get; init; }

        public long? TableVersion { get; init; }

        public int InFlight { get; init; }

        /// <summary>Why nothing else is known of it.</summary>
        public string? Error { get; init; }
    }

    /// <param name="Use">What the folder is: data or engine.</param>
    public sealed record DiskPart(string Folder, string Use, long FreeBytes, long TotalBytes);
}
