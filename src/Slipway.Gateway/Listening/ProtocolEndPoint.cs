using System.Net;

namespace Slipway.Gateway.Listening;

/// <summary>
/// Where Kestrel gets its connections from: not an address but a protocol. All addresses feed both, because Kestrel itself would take every
/// cleartext connection for HTTP/1.1 on an address that allows both (dotnet/aspnetcore#56984).
/// </summary>
sealed class ProtocolEndPoint(string name) : EndPoint
{
    public static ProtocolEndPoint Http1 { get; } = new("http/1.1");

    public static ProtocolEndPoint Http2 { get; } = new("h2c");

    /// <summary>TLS; which of the two is spoken inside, ALPN says.</summary>
    public static ProtocolEndPoint Https { get; } = new("https");

    public override string ToString() => name;
}
