using System.Globalization;
using System.Text.Json;

namespace Slipway.Engines.Docker;

/// <summary>Engine API, ImageInspect: what is used of it.</summary>
sealed record ImageInspection
{
    public required string Id { get; init; }

    public IReadOnlyList<string>? RepoTags { get; init; }

    public IReadOnlyList<string>? RepoDigests { get; init; }

    public string? Architecture { get; init; }

    public string? Os { get; init; }

    public long Size { get; init; }

    public ImageConfig? Config { get; init; }

    public ImageFacts ToFacts() => new()
    {
        Id = Id,
        Tags = RepoTags ?? [],
        Digests = RepoDigests ?? [],
        Architecture = Architecture ?? "",
        OperatingSystem = Os ?? "",
        Size = Size,
        TcpPorts = [.. (Config?.ExposedPorts?.Keys ?? Enumerable.Empty<string>()).Select(TcpPort).OfType<int>().Order()],
        Volumes = [.. (Config?.Volumes?.Keys ?? Enumerable.Empty<string>()).Order(StringComparer.Ordinal)],
        HasHealthCheck = Config?.Healthcheck?.Test is { Count: > 0 } test && test[0] != "NONE",
    };

    /// <summary>"5000/tcp" or "5000" is 5000; "53/udp" is null.</summary>
    static int? TcpPort(string exposed)
    {
        var slash = exposed.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0 && exposed[(slash + 1)..] != "tcp") return null;
        return int.TryParse(slash < 0 ? exposed : exposed[..slash], NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null;
    }
}

sealed record ImageConfig
{
    public IReadOnlyList<string>? Entrypoint { get; init; }

    public IReadOnlyDictionary<string, JsonElement>? ExposedPorts { get; init; }

    public IReadOnlyDictionary<string, JsonElement>? Volumes { get; init; }

    public ImageHealthcheck? Healthcheck { get; init; }
}

sealed record ImageHealthcheck
{
    public IReadOnlyList<string>? Test { get; init; }
}
