using Microsoft.AspNetCore.Http;

namespace Slipway.Registry.Endpoints;

/// <summary>Conditional reads (RFC 9110, section 13.1.2).</summary>
static class EntityTag
{
    /// <summary>Whether the client has these bytes already.</summary>
    public static bool NotModified(HttpRequest request, string etag)
    {
        if (request.Headers.IfNoneMatch.Count == 0) return false;
        foreach (var line in request.Headers.IfNoneMatch)
        {
            foreach (var item in (line ?? "").Split(',', StringSplitOptions.TrimEntries))
            {
                // Weak comparison: W/ does not matter for a GET. Some clients send the digest without its quotes.
                var tag = item.StartsWith("W/", StringComparison.Ordinal) ? item.AsSpan(2) : item;
                if (tag is "*" || tag.SequenceEqual(etag) || tag.SequenceEqual(etag.AsSpan(1, etag.Length - 2))) return true;
            }
        }
        return false;
    }
}
