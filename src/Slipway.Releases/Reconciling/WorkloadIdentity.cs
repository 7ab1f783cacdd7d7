using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Slipway.Model;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Reconciling;

/// <summary>
/// Everything that makes one service's instances what they are. Two releases whose service has the same identity share its workload.
/// The identities of what it depends on are part of it: a service that relies on one that changed is started anew beside it, which is how
/// "unchanged" comes to mean "and nothing that it depends on changed" (docs/design/architecture.md).
/// </summary>
sealed record WorkloadIdentity
{
    /// <summary>Repository and digest, without the registry's address, which may change.</summary>
    public required string Image { get; init; }

    public required ContainerSpec Container { get; init; }

    public required IReadOnlyList<PortModel> Ports { get; init; }

    public required IReadOnlyList<NetworkAttachment> Networks { get; init; }

    public string? NetworkMode { get; init; }

    public required IReadOnlyList<string> DependsOn { get; init; }

    /// <summary>Of files that are taken out of the image; then nothing of a container counts.</summary>
    public StaticFiles? Static { get; init; }

    /// <summary>The first 16 hexadecimal digits of the SHA-256 over the canonical JSON, for each service of the release.</summary>
    public static IReadOnlyDictionary<string, string> HashesOf(Release release) => Known.GetValue(release, Compute);

    // A release never changes, and is looked at many times as long as somebody has it in memory.
    static readonly ConditionalWeakTable<Release, IReadOnlyDictionary<string, string>> Known = [];

    static IReadOnlyDictionary<string, string> Compute(Release release)
    {
        var hashes = new Dictionary<string, string>();
        foreach (var service in release.Model.Services) Hash(release, service, hashes, []);
        return hashes;
    }

    static string Hash(Release release, ServiceModel service, Dictionary<string, string> hashes, HashSet<string> path)
    {
        if (hashes.TryGetValue(service.Name, out var known)) return known;
        if (!path.Add(service.Name)) throw new InvalidDataException($"The services of {release.App} depend on each other in a circle, at {service.Name}.");
        var identity = new WorkloadIdentity
        {
            Image = release.Images[service.Name],
            Container = service.Container,
            Ports = WorkloadPlanner.EnginePorts(service),
            Networks = service.Networks,
            NetworkMode = service.NetworkMode,
            Static = service.Release.Static,
            DependsOn = [.. service.DependsOn
                .Select(d => release.Model.Find(d.Service)).OfType<ServiceModel>()
                .Select(d => Hash(release, d, hashes, path)).Order(StringComparer.Ordinal)],
        };
        path.Remove(service.Name);
        var canonical = Canonical(JsonSerializer.SerializeToNode(identity, ReleasesJson.Default.WorkloadIdentity))!.ToJsonString();
        return hashes[service.Name] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))[..16];
    }

    /// <summary>Keys in ordinal order at every depth: the same content is the same text, whatever order a dictionary was filled in.</summary>
    internal static JsonNode? Canonical(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Canonical(p.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Canonical)]),
        _ => node?.DeepClone(),
    };
}
