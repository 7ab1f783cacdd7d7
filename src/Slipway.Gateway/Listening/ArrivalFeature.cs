using System.Net;

namespace Slipway.Gateway.Listening;

/// <summary>On a connection that came in by a port of a route: which one. Absent on the gateway's own addresses.</summary>
sealed record ArrivalFeature(IPEndPoint RoutePort);
