using Slipway.Gateway.Forwarding;
using Slipway.Model;

namespace Slipway.Gateway.Matching;

/// <summary>Matches, one of which is enough, as requests are compared with them.</summary>
sealed class CompiledMatches(IReadOnlyList<RequestMatch> matches)
{
    readonly CompiledMatch[] _matches = [.. matches.Select(m => new CompiledMatch(m))];

    /// <summary>Null where there are none: nothing to look at, and nothing that costs.</summary>
    public static CompiledMatches? Of(IReadOnlyList<RequestMatch>? matches) => matches is { Count: > 0 } ? new CompiledMatches(matches) : null;

    public bool Hold(Exchange exchange)
    {
        foreach (var match in _matches)
            if (match.Holds(exchange)) return true;
        return false;
    }
}
