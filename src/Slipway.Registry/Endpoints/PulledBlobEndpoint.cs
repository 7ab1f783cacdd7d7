using System.Globalization;
using Microsoft.AspNetCore.Http;
using Slipway.Registry.Mirroring.Caching;

namespace Slipway.Registry.Endpoints;

/// <summary>A blob that comes from a cache's upstream, sent on as it arrives.</summary>
static class PulledBlobEndpoint
{
    const int ReadSize = 256 << 10;

    public static async Task Answer(HttpContext context, RegistryRequest.Blob request, PulledBlob pulled)
    {
        using var reader = pulled.Reader;
        var response = context.Response;
        if (pulled.Error is not null || (reader is null && pulled.Size is null))
        {
            UpstreamHeaders.Write(response, pulled.RetryAfter, null);
            await (pulled.Error ?? RegistryError.BlobUnknown(request.Repository, request.Digest)).Write(context);
            return;
        }
        var etag = $"\"{request.Digest}\"";
        response.ContentType = "application/octet-stream";
        response.Headers.ETag = etag;
        response.Headers["Docker-Content-Digest"] = request.Digest.Value;
        if (reader is null)
        {
            response.ContentLength = pulled.Size;
            return;
        }
        // Ranges need the size; where the upstream does not say it, the whole is sent, which a client that asks for a range must expect.
        var range = pulled.Size is { } size ? ByteRange.Of(context.Request, size, etag) : null;
        if (range is { Satisfiable: false })
        {
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{pulled.Size}");
            response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            response.ContentType = null;
            response.ContentLength = 0;
            return;
        }
        if (range is { } part)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {part.First}-{part.First + part.Length - 1}/{pulled.Size}");
        }
        response.ContentLength = range?.Length ?? pulled.Size;
        if (!await Send(context, reader, range?.First ?? 0, range?.Length ?? pulled.Size ?? long.MaxValue)) context.Abort();
    }

    /// <summary>False where the fetch failed: what was sent is not all, and the connection has to say so.</summary>
    static async Task<bool> Send(HttpContext context, BlobFetch.Reader reader, long first, long length)
    {
        var writer = context.Response.BodyWriter;
        for (long sent = 0; sent < length;)
        {
            var memory = writer.GetMemory(ReadSize);
            int read;
            try
            {
                read = await reader.Read(memory[..(int)Math.Min(memory.Length, Math.Min(length - sent, ReadSize))], first + sent, context.RequestAborted);
            }
            catch (IOException)
            {
                return false;
            }
            if (read == 0) return length == long.MaxValue;
            writer.Advance(read);
            sent += read;
            if ((await writer.FlushAsync(context.RequestAborted)).IsCompleted) return true;
        }
        return true;
    }
}
