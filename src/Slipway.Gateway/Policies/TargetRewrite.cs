using Slipway.Model;

namespace Slipway.Gateway.Policies;

/// <summary>
/// Puts another prefix in the place of a request target's. Works on the bytes that the client sent and takes nothing apart, so that what stands behind
/// the prefix reaches the instance as it is; a target in which the prefix does not stand literally is refused rather than guessed at.
/// </summary>
sealed class TargetRewrite(PathRewrite source)
{
    readonly string _prefix = source.Prefix == "/" ? "" : source.Prefix;

    /// <summary>What was taken away, for X-Forwarded-Prefix; null where nothing was.</summary>
    public string? Stripped { get; } = source.With.Length == 0 && source.Prefix != "/" ? source.Prefix : null;

    /// <summary>Null: the target writes its path in a way (%61pi for api, dot segments) in which the prefix does not show.</summary>
    /// <param name="target">In origin form.</param>
    public string? Apply(string target)
    {
        var end = target.IndexOf('?', StringComparison.Ordinal);
        var path = end < 0 ? target.AsSpan() : target.AsSpan(0, end);
        if (!path.StartsWith(_prefix, StringComparison.Ordinal) || HasDotSegment(path)) return null;
        var rest = target.AsSpan(_prefix.Length);
        var left = path.Length - _prefix.Length;
        if (left > 0 && rest[0] != '/') return null;
        if (source.With is { Length: > 0 } and not "/") return string.Concat(source.With, rest);
        // Of /api is left /, and never // at the start, which would be read as a host by whoever resolves it.
        return left == 0 ? string.Concat("/", rest) : string.Concat("/", rest.TrimStart('/'));
    }

    /// <summary>Of a path that is decoded, and stands below the prefix.</summary>
    public string ApplyDecoded(string path)
    {
        var rest = path.AsSpan(Math.Min(_prefix.Length, path.Length));
        if (source.With is { Length: > 0 } and not "/") return string.Concat(source.With, rest);
        return rest.IsEmpty ? "/" : string.Concat("/", rest.TrimStart('/'));
    }

    static bool HasDotSegment(ReadOnlySpan<char> path)
    {
        foreach (var range in path.Split('/'))
        {
            var segment = path[range];
            if (segment.Length is 0 or > 6) continue;
            var dots = 0;
            while (!segment.IsEmpty)
            {
                if (segment[0] == '.') segment = segment[1..];
                else if (segment.StartsWith("%2e", StringComparison.OrdinalIgnoreCase)) segment = segment[3..];
                else break;
                dots++;
            }
            if (segment.IsEmpty && dots is 1 or 2) return true;
        }
        return false;
    }
}
