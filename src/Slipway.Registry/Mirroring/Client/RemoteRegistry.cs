using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Slipway.Registry.Mirroring.Client;

/// <summary>Another registry, and as whom we speak to it.</summary>
public sealed record RemoteRegistry
{
    /// <summary>What is accepted as a registry's address.</summary>
    public const string Rule = "a host with an optional port and path (ghcr.io, harbor.example:8443/team), or a URL of http or https";

    /// <summary>Docker Hub's address, which is not the name that images carry.</summary>
    const string DockerHubHost = "registry-1.docker.io";

    /// <summary>Scheme, host and port alone.</summary>
    public required Uri Url { get; init; }

    /// <summary>Put before each repository's name there: "" or "team/".</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Null: anonymous.</summary>
    public string? User { get; init; }

    public string? Password { get; init; }

    public bool IsDockerHub => Url.Host == DockerHubHost;

    /// <summary>Reads what a person writes; without a scheme it is https, on this machine http.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out RemoteRegistry? registry)
    {
        registry = null;
        if (string.IsNullOrWhiteSpace(text)) return false;
        var full = text.Contains("://", StringComparison.Ordinal) ? text : (IsHere(text) ? "http://" : "https://") + text;
        if (!Uri.TryCreate(full, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")) return false;
        if (url.UserInfo.Length > 0 || url.Query.Length > 0 || url.Fragment.Length > 0) return false;
        if (url.Host is "docker.io" or "index.docker.io" or "hub.docker.com") url = new Uri($"https://{DockerHubHost}{url.AbsolutePath}");
        var path = url.AbsolutePath.Trim('/');
        if (path == "v2" || path.StartsWith("v2/", StringComparison.Ordinal)) path = path[2..].Trim('/');
        if (path.Length > 0 && !Names.RepositoryName.TryParse(path, out _)) return false;
        registry = new RemoteRegistry { Url = new Uri(url.GetLeftPart(UriPartial.Authority)), Prefix = path.Length == 0 ? "" : path + "/" };
        return true;
    }

    /// <summary>How a repository is called there. Docker Hub's own images live under library/.</summary>
    internal string NameOf(string repository) =>
        Prefix + (IsDockerHub && Prefix.Length == 0 && !repository.Contains('/', StringComparison.Ordinal) ? "library/" + repository : repository);

    /// <summary>Without the credential.</summary>
    public override string ToString() => Url.GetLeftPart(UriPartial.Authority) + (Prefix.Length == 0 ? "" : "/" + Prefix.TrimEnd('/'));

    static bool IsHere(string text)
    {
        var host = text.Split('/', 2)[0];
        if (host.LastIndexOf(':') is var colon and > 0 && !host.EndsWith(']')) host = host[..colon];
        return host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
    }
}
