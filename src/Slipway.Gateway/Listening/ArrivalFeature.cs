using System.Net;

namespace Slipway.Gateway.Listening;

/// <summary>On a connection that came in by a port of a route: which one, and whether TLS is spoken on it. Absent on the gateway's own addresses.</summary>
sealed record ArrivalFeature(IPEndPoint RoutePort, PortTls? Tls);
