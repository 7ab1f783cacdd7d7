using System.Text.Json.Serialization;

namespace Slipway.Model;

/// <summary>What a change between two models is about.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChangeKind>))]
public enum ChangeKind
{
    /// <summary>The service itself is new, or no longer there.</summary>
    [JsonStringEnumMemberName("service")] Service,
    [JsonStringEnumMemberName("image")] Image,

    /// <summary>How the image is built. Alone it changes nothing that runs: the image does.</summary>
    [JsonStringEnumMemberName("build")] Build,
    [JsonStringEnumMemberName("environment")] Environment,
    [JsonStringEnumMemberName("secret")] Secret,
    [JsonStringEnumMemberName("config")] Config,

    /// <summary>A mount of a service, or a named volume of the app.</summary>
    [JsonStringEnumMemberName("volume")] Volume,

    /// <summary>A network that a service is attached to, or one of the app.</summary>
    [JsonStringEnumMemberName("network")] Network,

    /// <summary>A published port.</summary>
    [JsonStringEnumMemberName("port")] Port,
    [JsonStringEnumMemberName("dependency")] Dependency,

    /// <summary>Anything else that the container is run with, and how many of them.</summary>
    [JsonStringEnumMemberName("container")] Container,

    /// <summary>A key of <c>x-release</c>: hosts, routes, strategy, steps, jobs.</summary>
    [JsonStringEnumMemberName("release")] Release,
}

/// <summary>One difference between two models of an app, in the words of its Compose file.</summary>
public sealed record ModelChange
{
    /// <summary>Null: of the app as a whole.</summary>
    public string? Service { get; init; }

    public required ChangeKind Kind { get; init; }

    /// <summary>Below the service, or of the file: environment.LOG_LEVEL, x-release.host, volumes.shop_data; empty for a service itself.</summary>
    public required string Key { get; init; }

    /// <summary>Null: it was not there. Secrets, and what looks like one, are masked.</summary>
    public string? Before { get; init; }

    /// <summary>Null: it is no longer there.</summary>
    public string? After { get; init; }

    /// <summary>The values are masked, and differ though they may look the same.</summary>
    public bool IsSecret { get; init; }
}
