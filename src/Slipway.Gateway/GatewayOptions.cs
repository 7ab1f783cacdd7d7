using Slipway.Gateway.Logging;
using Slipway.Gateway.Transport;

namespace Slipway.Gateway;

/// <summary>How one gateway process runs. Everything about apps comes by route tables instead.</summary>
public sealed record GatewayOptions
{
    /// <summary>Addresses for the apps' requests, as host:port; host is an IP address, * for all, or localhost. Port 0: any free one.</summary>
    public required IReadOnlyList<string> Listen { get; init; }

    /// <summary>As <see cref="Listen"/>, for TLS with HTTP/1.1 and HTTP/2. Redirects to https name the first one's port.</summary>
    public IReadOnlyList<string> ListenHttps { get; init; } = [];

    /// <summary>DATA/gateway: holds control.sock, table.json, instances.json, certificates.json and gateway.lock. Made (0700) where it is missing.</summary>
    public required string Folder { get; init; }

    /// <summary>How long an instance may take to accept a connection; then the next one is asked, or the answer is 504. Default 5 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a plain TCP connection waits for an instance where there is none, or all refuse. Default 30 s.</summary>
    public TimeSpan WaitForInstance { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an instance may take from the request's last byte to the answer's head; then 504. Default 60 s.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A kept connection to an instance that was idle for so long is closed. Default 30 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a client may take to a request's whole head; then 408. Default 30 s.</summary>
    public TimeSpan HeadTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For how long a client may send nothing of a body that is waited for, or take nothing of an answer; then 408, or the connection is closed. Default 60 s.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long requests in flight may go on after SIGTERM. Default 30 s.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Proxies before this gateway whose X-Forwarded headers are believed, in CIDR notation. Default none: the client is who connects.</summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    /// <summary>Default none.</summary>
    public AccessLogFormat AccessLog { get; init; }

    /// <summary>Where it is written; old ones have .1, .2 ... behind their name.</summary>
    public string AccessLogFile { get; init; } = "access.log";

    /// <summary>Bytes from which on a new file is begun. Default 64 MiB.</summary>
    public long AccessLogSize { get; init; } = 64 << 20;

    /// <summary>How many old files stay. Default 7.</summary>
    public int AccessLogKeep { get; init; } = 7;

    /// <summary>Default: loops of our own where they can run.</summary>
    public TransportKind Transport { get; init; }

    public string ControlSocket => Path.Combine(Folder, "control.sock");

    public string TableFile => Path.Combine(Folder, "table.json");

    public string CertificateFile => Path.Combine(Folder, "certificates.json");

    /// <summary>Which instances are left alone.</summary>
    public string InstancesFile => Path.Combine(Folder, "instances.json");

    public string LockFile => Path.Combine(Folder, "gateway.lock");
}
