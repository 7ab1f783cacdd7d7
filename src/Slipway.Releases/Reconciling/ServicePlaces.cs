using Slipway.Model;

namespace Slipway.Releases.Reconciling;

/// <summary>Where a service is reached through the gateway: no two services may be at one place.</summary>
static class ServicePlaces
{
    /// <summary>Hosts with the path, once for each match that tells its requests apart; the match is empty where there is none (<see cref="MatchRules.Keys"/>).</summary>
    public static IEnumerable<(string Host, string Path, string Match)> Of(ReleasePolicy release) =>
        release.Hosts.SelectMany(host => MatchRules.Keys(release.When).Select(match => (host, release.Path, match)));

    /// <summary>What is redirected.</summary>
    public static IEnumerable<(string Host, string Path)> Redirected(ReleasePolicy release) =>
        release.Redirects.SelectMany(rule => (rule.FromHost is { } from ? [from] : release.Hosts).Select(host => (host, rule.FromPath)));
}
