using System.Net;
using Slipway.Model;

namespace Slipway.Gateway.Mirroring;

/// <summary>What can be wrong with a route's mirror.</summary>
static class MirrorChecks
{
    /// <param name="add">Part of the route, message, found, expected.</param>
    public static void Check(RouteMirror mirror, Route route, Action<string, string, object, string> add)
    {
        if (mirror.Share is < 1 or > CanaryPolicy.AllRequests) add("mirror.share", $"{mirror.Share} is no share of the requests", mirror.Share, "1 to 10000");
        if (mirror.Methods.Count == 0 || mirror.Methods.Any(method => method.Length == 0 || method.Any(c => !char.IsAsciiLetterUpper(c))))
            add("mirror.methods", "these are no methods", string.Join(", ", mirror.Methods), "names of methods in upper case, like GET");
        if (route.Destinations.Any(d => d.Release == mirror.Release && d.Weight > 0))
            add("mirror.release", $"v{mirror.Release} answers requests of the route, and can't get copies of them too", mirror.Release, "a release that has no weight");
        foreach (var upstream in mirror.Upstreams)
        {
            if (!IPAddress.TryParse(upstream.Address, out _)) add("mirror.upstreams", $"'{upstream.Address}' of instance {upstream.Instance} is no IP address", upstream.Address, "an IPv4 or IPv6 address");
            if (upstream.Port is < 1 or > 65535) add("mirror.upstreams", $"{upstream.Port} of instance {upstream.Instance} is no port", upstream.Port, "1 to 65535");
        }
    }
}
