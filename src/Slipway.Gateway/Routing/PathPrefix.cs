namespace Slipway.Gateway.Routing;

/// <summary>Prefixes of paths, at segment boundaries.</summary>
static class PathPrefix
{
    /// <param name="prefix">Without a slash at its end, so that one comparison serves /api and /api/ alike; empty for the root.</param>
    public static bool Covers(string prefix, ReadOnlySpan<char> path) =>
        prefix.Length == 0 || (path.StartsWith(prefix, StringComparison.Ordinal) && (path.Length == prefix.Length || path[prefix.Length] == '/'));
}
