using Slipway.Registry.Storage;

namespace Slipway.Registry;

/// <summary>Where the registry keeps its bytes, and the bounds it works in.</summary>
public sealed record RegistryOptions
{
    /// <summary>The folder of blobs and uploads; made when it is not there, for this user only.</summary>
    public required string Folder { get; init; }

    /// <summary>Where blobs and uploads are instead; null: in the folder.</summary>
    public StorageOptions? Storage { get; init; }

    /// <summary>
    /// Bytes that must stay free on the folder's file system; below them pushes are refused with 507 and everything else goes on. Default: 512 MiB.
    /// </summary>
    public long MinFreeBytes { get; init; } = 512L << 20;

    /// <summary>Bytes of manifests that are kept in memory. Default: 16 MiB.</summary>
    public long ManifestCacheBytes { get; init; } = 16L << 20;

    /// <summary>How long an upload may lie without a new byte before it is given up. Default: one day.</summary>
    public TimeSpan UploadLifetime { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How long an upload waits for a server that took hold of it and died, where several share the database. Default: 20 seconds.</summary>
    public TimeSpan UploadHold { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Uploads under way at the same time; one more is refused with 429. Default: 10,000, which cost about 30 MB of memory.</summary>
    public int MaxUploads { get; init; } = 10_000;

    /// <summary>Of these, how many one account may have, so that one client that leaves its uploads lying can't stop the others. Default: 1,000.</summary>
    public int MaxUploadsOfAccount { get; init; } = 1000;

    /// <summary>Bytes of manifests that are being received at the same time, of all clients; one more is refused with 429. Default: 128 MiB.</summary>
    public long MaxManifestBytesInFlight { get; init; } = 128L << 20;

    /// <summary>
    /// Bytes in a second that a client must send or take on average, after the <see cref="DataRateGrace"/>; one that is slower is cut off, and an
    /// upload keeps what came. Default: 1,024.
    /// </summary>
    public double MinDataRate { get; init; } = 1024;

    /// <summary>How long a body may keep still before <see cref="MinDataRate"/> is asked for; at least 1 second. Default: 20 seconds.</summary>
    public TimeSpan DataRateGrace { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Prefix of tags that are names for a moment only (the server's own, of an image that is being built): no rule makes them immutable or expires them.
    /// Default: none.
    /// </summary>
    public string? PassingTags { get; init; }

    /// <summary>
    /// How long a blob stays in a repository without a manifest that refers to it: pushing, mounting and HEAD begin it anew, so it need only be longer
    /// than the push of one image takes. Servers' clocks may differ by up to half of it. Default: one day.
    /// </summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromDays(1);

    /// <summary>When and how garbage is collected.</summary>
    public GarbageCollection.CollectionOptions Collection { get; init; } = new();

    /// <summary>How stored blobs are re-read in the background.</summary>
    public Verifying.ScrubOptions Scrub { get; init; } = new();

    /// <summary>Who may do what; null: everybody everything, for a host that asks for credentials itself.</summary>
    public Auth.AccessOptions? Access { get; init; }

    /// <summary>What clients call the registry (https://registry.example.com), for the address of the token endpoint. Default: what each request was sent to.</summary>
    public string? PublicUrl { get; init; }

    /// <summary>How this machine reaches the registry (http://127.0.0.1:8080), for a scanner that runs beside it. Null: not known.</summary>
    public Func<string>? Address { get; init; }

    /// <summary>How images are scanned for vulnerabilities.</summary>
    public Scanning.ScanOptions Scanning { get; init; } = new();

    /// <summary>How events are sent to webhooks.</summary>
    public Slipway.Delivery.WebhookOptions Webhooks { get; init; } = new();

    /// <summary>Bytes of one manifest; a larger one is refused with 413. Default: 4 MiB, the least that the specification asks for.</summary>
    public int MaxManifestBytes { get; init; } = 4 << 20;

    /// <summary>The key that secrets (passwords for other registries, keys of webhooks) are stored with. Default: beside the folder, as FOLDER.key (DATA/registry.key).</summary>
    public string? KeyFile { get; init; }

    /// <summary>Where blobs of other registries are written while they arrive. Default: FOLDER/fetches.</summary>
    public string? FetchFolder { get; init; }

    internal string KeyPath => KeyFile ?? Path.GetFullPath(Folder).TrimEnd(Path.DirectorySeparatorChar) + ".key";

    internal string FetchPath => FetchFolder ?? Path.Combine(Path.GetFullPath(Folder), "fetches");
}
