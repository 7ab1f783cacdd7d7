using System.Globalization;
using System.Net;
using Slipway.Model;

namespace Slipway.Server;

/// <summary>What a server is started with; everything else is in its data folder.</summary>
public sealed record ServerOptions
{
    /// <summary>Absolute path; made where it does not exist. Default: <see cref="Data.DataFolder.DefaultPath"/>.</summary>
    public string DataFolder { get; init; } = Data.DataFolder.DefaultPath;

    /// <summary>Where the platform listens (console, API, registry): ADDRESS:PORT, [IPv6]:PORT, localhost:PORT or *:PORT. Port 0: a free one.</summary>
    public string Listen { get; init; } = DefaultListen;

    /// <summary>The Docker Engine's address; null: DOCKER_HOST, or unix:///var/run/docker.sock.</summary>
    public string? DockerHost { get; init; }

    /// <summary>Where the apps' networks get their addresses when the engine has none left; null: what DATA/slipway.yaml says, else 10.208.0.0/12.</summary>
    public IPNetwork? Networks { get; init; }

    /// <summary>
    /// Where the gateway takes requests, as ADDRESS:PORT or :PORT, the first one for the URLs that people are shown.
    /// The server only writes it into URLs; the gateway is a process of its own.
    /// </summary>
    public IReadOnlyList<string> GatewayHttp { get; init; } = [DefaultGatewayHttp];

    /// <summary>Where the gateway takes requests over TLS, as <see cref="GatewayHttp"/>; empty: nowhere, and no certificates are made.</summary>
    public IReadOnlyList<string> GatewayHttps { get; init; } = [];

    /// <summary>What the server does; null: what DATA/slipway.yaml says, else everything.</summary>
    public ServerRoles? Roles { get; init; }

    public const string DefaultListen = "127.0.0.1:8080";

    /// <summary>Ports below 1024 need root.</summary>
    public static string DefaultGatewayHttp => Environment.IsPrivilegedProcess ? ":80" : ":8000";

    /// <summary>Port of the first of <see cref="GatewayHttp"/>.</summary>
    /// <exception cref="InvalidInputException">It has none.</exception>
    internal int GatewayPort => Port(GatewayHttp is [var first, ..] ? first : "", "--gateway-http");

    /// <summary>Port of the first of <see cref="GatewayHttps"/>; null where there is none.</summary>
    /// <exception cref="InvalidInputException">It has none.</exception>
    internal int? GatewayHttpsPort => GatewayHttps is [var first, ..] ? Port(first, "--gateway-https") : null;

    static int Port(string address, string option) =>
        ushort.TryParse(address.AsSpan(address.LastIndexOf(':') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port
        : throw new InvalidInputException(new Diagnostic { Message = $"'{address}' is no address of a gateway", Key = option, Found = address, Expected = "ADDRESS:PORT or :PORT" });
}
