using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Slipway.Model;
using Slipway.Server.Data;

namespace Slipway.Cli.Supervising;

/// <summary>DATA/slipway.json: what 'slipway up' was last asked for, so that a later one without options does the same.</summary>
sealed record UpSettings
{
    public required ListenAddress Listen { get; init; }

    /// <summary>The first one is for the URLs that people are shown.</summary>
    public required IReadOnlyList<ListenAddress> GatewayHttp { get; init; }

    /// <summary>For TLS; null where none were chosen yet (by a Slipway that had no TLS): none.</summary>
    public IReadOnlyList<ListenAddress>? GatewayHttps { get; init; }

    [JsonIgnore]
    public IReadOnlyList<ListenAddress> Https => GatewayHttps ?? [];

    /// <summary>The engine's address (DOCKER_HOST), or null for the local socket.</summary>
    public string? DockerHost { get; init; }

    /// <summary>combined or json; null: off.</summary>
    public string? AccessLog { get; init; }

    /// <summary>Old files of the access log that stay; null: the gateway's default.</summary>
    public int? AccessLogKeep { get; init; }

    /// <summary>Proxies before the gateway, in CIDR notation; null: none.</summary>
    public IReadOnlyList<string>? TrustProxy { get; init; }

    /// <summary>sockets or epoll; null: the gateway's choice.</summary>
    public string? Transport { get; init; }

    /// <summary>Options of 'slipway gateway' and 'slipway up' alike.</summary>
    [JsonIgnore]
    public IEnumerable<string> GatewayOptions =>
    [
        .. AccessLog is { } log ? (string[])["--access-log", log] : [],
        .. AccessLogKeep is { } keep ? (string[])["--access-log-keep", keep.ToString(CultureInfo.InvariantCulture)] : [],
        .. (TrustProxy ?? []).SelectMany(proxy => (string[])["--trust-proxy", proxy]),
        .. Transport is { } transport ? (string[])["--gateway-transport", transport] : [],
    ];

    static string FileOf(DataFolder folder) => Path.Combine(folder.Path, "slipway.json");

    /// <exception cref="InvalidInputException">The file was edited into something that can't be read.</exception>
    public static UpSettings? Find(DataFolder folder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(FileOf(folder)), SupervisingJson.Default.UpSettings);
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException unreadable)
        {
            throw new InvalidInputException(new Diagnostic
            {
                File = FileOf(folder),
                Line = (int?)unreadable.LineNumber + 1,
                Column = (int?)unreadable.BytePositionInLine + 1,
                Key = unreadable.Path,
                Message = "can't be read",
                Expected = """what 'slipway up' wrote, for example {"listen": "127.0.0.1:8080", "gatewayHttp": ["*:80"]}; delete it to start from the defaults""",
            });
        }
    }

    public void Write(DataFolder folder)
    {
        var file = FileOf(folder);
        File.WriteAllText(file + ".new", JsonSerializer.Serialize(this, SupervisingJson.Default.UpSettings) + "\n");
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <summary>The options of 'slipway up' that ask for this.</summary>
    public string AsOptions() => $"--listen {Listen} " + string.Join(' ', GatewayHttp.Select(address => $"--gateway-http {address}")
        .Concat(Https.Count == 0 ? ["--gateway-https off"] : Https.Select(address => $"--gateway-https {address}")).Concat(GatewayOptions));

    public bool IsSameAs(UpSettings other) =>
        Listen == other.Listen && GatewayHttp.SequenceEqual(other.GatewayHttp) && Https.SequenceEqual(other.Https) && DockerHost == other.DockerHost
        && GatewayOptions.SequenceEqual(other.GatewayOptions);
}
