namespace Slipway.Gateway.Forwarding;

/// <summary>
/// A request over HTTP/2 has no lines: what would end one, or make two of it, means nothing where it is read and much where it is written again (RFC 9113, sections
/// 8.2.1 and 10.3). So nothing goes on that HTTP/1.1 could not say.
/// </summary>
static class StreamedRequest
{
    /// <summary>Null: there is nothing wrong with it.</summary>
    public static string? Fault(Exchange exchange)
    {
        var request = exchange.Request;
        if (request.RawTarget.AsSpan().ContainsAnyExceptInRange('!', '~')) return "The path has characters that must be escaped.";
        // An instance would wait for it, and take the next request of the connection for it.
        if (!exchange.HasBody && request.Headers.ContentLength > 0) return "The request says that it has a body, and has none.";
        foreach (var (name, values) in request.Headers)
        {
            if (name is [':', ..]) continue;
            if (IsOfConnection(name)) return "The request has headers that are of one connection of HTTP/1.1.";
            if (!Grammar.IsToken(name)) return "The name of a header has characters that can't be in it.";
            for (var i = 0; i < values.Count; i++)
                if (values[i] is { } value && !Grammar.IsFieldValue(value)) return "The value of a header has characters that can't be in it.";
        }
        return null;
    }

    /// <summary>RFC 9113, section 8.2.2. TE may be there.</summary>
    static bool IsOfConnection(string name) => HeaderKinds.Of(name) switch
    {
        HeaderKind.Connection or HeaderKind.TransferEncoding or HeaderKind.Upgrade => true,
        HeaderKind.HopByHop => !name.Equals("TE", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}
