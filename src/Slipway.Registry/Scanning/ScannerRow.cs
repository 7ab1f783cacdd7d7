using System.Data.Common;
using Dapper;
using Slipway.Registry.Scanning.Adapters;
using Slipway.Registry.Secrets;

namespace Slipway.Registry.Scanning;

/// <summary>The row of registry_scanner.</summary>
sealed record ScannerRow
{
    const string Columns = "url, auth, username, secret, registry_url, rescan, name, vendor, version, consumes, produces, event, swept";

    public string Url { get; init; } = "";

    public string Auth { get; init; } = "";

    public string? Username { get; init; }

    public byte[]? Secret { get; init; }

    public string? RegistryUrl { get; init; }

    /// <summary>Seconds; 0: never.</summary>
    public long Rescan { get; init; }

    public string Name { get; init; } = "";

    public string Vendor { get; init; } = "";

    public string Version { get; init; } = "";

    public string Consumes { get; init; } = "";

    public string Produces { get; init; } = "";

    public long Event { get; init; }

    public string Swept { get; init; } = "";

    public ScannerAuth Way => Enum.Parse<ScannerAuth>(Auth);

    public IReadOnlyList<string> Consumed => Consumes.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public IReadOnlyList<string> Produced => Produces.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>"Trivy 0.72.0"</summary>
    public string Title => $"{Name} {Version}".Trim();

    public static ScannerRow? Find(DbConnection connection) => connection.QuerySingleOrDefault<ScannerRow>($"SELECT {Columns} FROM registry_scanner WHERE id = 1");

    /// <summary>Whether a report that was made so long ago, or a scan that ended then, is still good: nothing that is older than this moment is.</summary>
    public string Before(DateTimeOffset now) => Rescan == 0 ? "" : ScanQueue.Text(now - TimeSpan.FromSeconds(Rescan));

    /// <exception cref="InvalidDataException">The secret was sealed with another key.</exception>
    public AdapterClient Connect(SecretBox box, ScanOptions options) => new(new Uri(Url), Way, Username, Secret is { } secret ? box.Open(secret, Purpose(Url)) : null, options);

    /// <summary>What the secret is sealed for: it opens for no other address.</summary>
    public static string Purpose(string url) => $"the scanner at {url}";
}
