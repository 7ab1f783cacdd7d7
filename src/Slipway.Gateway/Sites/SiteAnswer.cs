using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Routing;

namespace Slipway.Gateway.Sites;

/// <summary>Answers a request with a file (RFC 9110, RFC 9111, RFC 3986). What a request asks for is a key of the site's index, and never a path of this machine.</summary>
static class SiteAnswer
{
    static readonly StringValues Bytes = "bytes", Encodings = HeaderNames.AcceptEncoding, Accepted = HeaderNames.Accept;

    public static ValueTask<Outcome> Write(Exchange exchange, InstanceState instance)
    {
        var (site, request) = (instance.Site!, exchange.Request);
        var isHead = HttpMethods.IsHead(request.Method);
        if (!isHead && !HttpMethods.IsGet(request.Method)) return Page(exchange, ErrorPage.OnlyRead());
        var path = exchange.Policy?.Rewrite is { } rewrite ? rewrite.ApplyDecoded(request.Path) : request.Path;
        if (site.TryFind(path, out var target))
            return target.Entry is { } entry ? File(exchange, site, entry, isHead) : Redirect(exchange);
        if (instance.Other is { } other && other.FindImmutable(path) is { } old) return File(exchange, other, old, isHead);
        if (site.Fallback(path, request.Headers.Accept.ToString(), out var byAccept) is { } fallback) return File(exchange, site, fallback, isHead, byAccept);
        return site.NotFound is { } page ? NotFound(exchange, site, page, isHead, byAccept) : Page(exchange, ErrorPage.NoFile(path));
    }

    static ValueTask<Outcome> File(Exchange exchange, Site site, SiteEntry entry, bool isHead, bool byAccept = false)
    {
        var request = exchange.Request.Headers;
        var file = entry.Choose(request.AcceptEncoding);
        switch (Preconditions.Evaluate(request, file.ETag, entry.Modified))
        {
            case Precondition.NotModified:
                Head(exchange, StatusCodes.Status304NotModified, entry, file, byAccept);
                return new(Outcome.Done);
            case Precondition.Failed:
                Head(exchange, StatusCodes.Status412PreconditionFailed, entry, file, byAccept).ContentLength = 0;
                return new(Outcome.Done);
        }
        if (!isHead && request.Range.Count > 0 && Preconditions.AllowsRange(request.IfRange, file.ETag, entry.Modified) && ByteRange.Of(request.Range, file.Length, out var isUnsatisfiable) is { } part)
            return Part(exchange, site, entry, file, part, isUnsatisfiable, byAccept);
        var headers = Head(exchange, StatusCodes.Status200OK, entry, file, byAccept);
        headers.AcceptRanges = Bytes;
        headers.ContentLength = file.Length;
        return isHead ? new(Outcome.Done) : Send(exchange, site, file, 0, file.Length);
    }

    static ValueTask<Outcome> Part(Exchange exchange, Site site, SiteEntry entry, Representation file, ByteRange part, bool isUnsatisfiable, bool byAccept)
    {
        var headers = Head(exchange, isUnsatisfiable ? StatusCodes.Status416RangeNotSatisfiable : StatusCodes.Status206PartialContent, entry, file, byAccept);
        headers.AcceptRanges = Bytes;
        if (isUnsatisfiable)
        {
            headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{file.Length}");
            headers.ContentLength = 0;
            return new(Outcome.Done);
        }
        headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {part.First}-{part.First + part.Length - 1}/{file.Length}");
        headers.ContentLength = part.Length;
        return Send(exchange, site, file, part.First, part.Length);
    }

    /// <summary>The page of a site for what is not there: no validators, for it says nothing of the path (section 13.2.1).</summary>
    static ValueTask<Outcome> NotFound(Exchange exchange, Site site, SiteEntry page, bool isHead, bool byAccept)
    {
        var file = page.Choose(exchange.Request.Headers.AcceptEncoding);
        var headers = Head(exchange, StatusCodes.Status404NotFound, page, file, byAccept);
        headers.ETag = StringValues.Empty;
        headers.LastModified = StringValues.Empty;
        headers.CacheControl = "no-cache";
        headers.ContentLength = file.Length;
        return isHead ? new(Outcome.Done) : Send(exchange, site, file, 0, file.Length);
    }

    /// <summary>From /docs to /docs/: relative links of its page count from there. As the client wrote it, so that what it escaped stays so.</summary>
    static ValueTask<Outcome> Redirect(Exchange exchange)
    {
        var target = RequestHead.OriginForm(exchange.Request.RawTarget);
        var end = target.IndexOf('?', StringComparison.Ordinal);
        var path = end < 0 ? target : target[..end];
        // Two slashes at the beginning would be read as a host.
        var location = $"/{path.TrimStart('/')}/{(end < 0 ? "" : target[end..])}";
        return Page(exchange, ErrorPage.Redirect(StatusCodes.Status301MovedPermanently, location));
    }

    static ValueTask<Outcome> Page(Exchange exchange, ErrorPage page)
    {
        page.Write(exchange);
        exchange.Answer.Give(page.Status);
        AnswerHead.Edit(exchange, isTunnel: false);
        return new(Outcome.Done);
    }

    static IHeaderDictionary Head(Exchange exchange, int status, SiteEntry entry, Representation file, bool byAccept)
    {
        var headers = exchange.Response.Headers;
        exchange.Answer.Give(status);
        exchange.Response.StatusCode = status;
        headers.ETag = file.ETag;
        headers.LastModified = entry.LastModified;
        if (entry.CacheControl.Count > 0) headers.CacheControl = entry.CacheControl;
        if (entry.Varies) headers.Vary = Encodings;
        if (byAccept) headers.Vary = StringValues.Concat(headers.Vary, Accepted);
        if (status is StatusCodes.Status200OK or StatusCodes.Status206PartialContent or StatusCodes.Status404NotFound)
        {
            headers.ContentType = entry.ContentType;
            if (file.Coding.Count > 0) headers.ContentEncoding = file.Coding;
        }
        AnswerHead.Edit(exchange, isTunnel: false);
        return headers;
    }

    static ValueTask<Outcome> Send(Exchange exchange, Site site, Representation file, long from, long length)
    {
        if (length == 0) return new(Outcome.Done);
        if (file.Content is not { } content) return SiteBody.Send(exchange, site, file, from, length);
        file.WasUsed = true;
        return SiteBody.Send(exchange, content.AsMemory((int)from, (int)length));
    }
}
