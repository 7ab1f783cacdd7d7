using System.Data.Common;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Slipway.Database;
using Slipway.Registry.Events;
using Slipway.Registry.Measuring;
using Slipway.Registry.Mirroring.Caching;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Endpoints;

/// <summary>"Pulling blobs", "Checking if content exists in the registry", "Deleting Blobs".</summary>
sealed partial class BlobEndpoints(BlobIndex index, IBlobStore store, PullThrough pullThrough, RegistryMetrics metrics, RegistryOptions options, ILogger<BlobEndpoints> log)
{
    /// <summary>Bytes read from the store and handed to the connection at a time.</summary>
    const int ReadSize = 256 << 10;

    public async Task Get(HttpContext context, RegistryRequest.Blob request)
    {
        var found = index.Find(request.Repository, request.Digest);
        if (found is null)
        {
            var pulled = await pullThrough.Blob(request.Repository, request.Digest, HttpMethods.IsHead(context.Request.Method), context.RequestAborted);
            if (!pulled.IsHere)
            {
                await PulledBlobEndpoint.Answer(context, request, pulled);
                return;
            }
            found = index.Find(request.Repository, request.Digest);
        }
        if (found is not { } blob)
        {
            await RegistryError.BlobUnknown(request.Repository, request.Digest).Write(context);
            return;
        }
        var head = HttpMethods.IsHead(context.Request.Method);
        // Who asks whether it is there may be about to push a manifest that refers to it.
        if (head && !await Keep(request, blob))
        {
            await RegistryError.BlobUnknown(request.Repository, request.Digest).Write(context);
            return;
        }
        var response = context.Response;
        var etag = $"\"{request.Digest}\"";
        if (EntityTag.NotModified(context.Request, etag))
        {
            response.Headers.ETag = etag;
            response.Headers["Docker-Content-Digest"] = request.Digest.Value;
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        await using var reader = await store.OpenBlob(blob.Key, context.RequestAborted);
        if (reader is null || reader.Length != blob.Size)
        {
            // "Unknown" lets the next push of this digest bring it back; "there" would make every client skip it for ever.
            LogDamaged(request.Digest.Value, blob.Size, reader?.Length);
            await RegistryError.BlobUnknown(request.Repository, request.Digest).Write(context);
            return;
        }
        response.ContentType = "application/octet-stream";
        response.Headers.ETag = etag;
        response.Headers.AcceptRanges = "bytes";
        response.Headers["Docker-Content-Digest"] = request.Digest.Value;
        if (head)
        {
            response.ContentLength = blob.Size;
            return;
        }

        var range = ByteRange.Of(context.Request, blob.Size, etag);
        if (range is { Satisfiable: false })
        {
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{blob.Size}");
            response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            response.ContentType = null;
            response.ContentLength = 0;
            return;
        }
        if (options.Storage is { Redirect: true } storage && store is IPresignedBlobs presigned && blob.Size >= storage.RedirectFrom)
        {
            // The store answers ranges itself. What the address grants ends; nobody may keep it.
            response.Headers.Location = (await presigned.Presign(blob.Key, storage.RedirectLifetime)).AbsoluteUri;
            response.Headers.CacheControl = "no-store";
            response.StatusCode = StatusCodes.Status307TemporaryRedirect;
            response.ContentType = null;
            response.ContentLength = 0;
            return;
        }
        var (first, length) = range is { } part ? (part.First, part.Length) : (0, blob.Size);
        if (range is not null)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {first}-{first + length - 1}/{blob.Size}");
        }
        response.ContentLength = length;
        await Send(context, reader, first, length);
    }

    /// <summary>False where it was collected since it was found. A database that can't be written to collects nothing, and pulls go on.</summary>
    async Task<bool> Keep(RegistryRequest.Blob request, StoredBlob blob)
    {
        try
        {
            return await index.Keep(request.Repository, request.Digest, blob);
        }
        catch (Exception error) when (error is DatabaseUnavailableException or DbException)
        {
            LogNotKept(request.Digest.Value, error.Message);
            return true;
        }
    }

    public async Task Delete(HttpContext context, RegistryRequest.Blob request)
    {
        if (await index.Unlink(request.Repository, request.Digest, Caller.Of(context))) context.Response.StatusCode = StatusCodes.Status202Accepted;
        else await RegistryError.BlobUnknown(request.Repository, request.Digest).Write(context);
    }

    // The connection's own buffer is read into: no copy, and its back pressure bounds what is in memory.
    async Task Send(HttpContext context, BlobReader reader, long first, long length)
    {
        var writer = context.Response.BodyWriter;
        for (long sent = 0; sent < length;)
        {
            var wanted = (int)Math.Min(length - sent, ReadSize);
            var memory = writer.GetMemory(wanted);
            var read = await reader.Read(memory[..wanted], first + sent, context.RequestAborted);
            if (read == 0) throw new IOException($"A blob ended {length - sent} bytes early while it was being sent.");
            writer.Advance(read);
            sent += read;
            metrics.Sent(read);
            var flushed = await writer.FlushAsync(context.RequestAborted);
            if (flushed.IsCompleted) return;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Blob {Digest}: its lease could not be extended: {Reason}")]
    partial void LogNotKept(string digest, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Blob {Digest} is damaged: {Expected} bytes are recorded, {Found} are in the store; pushing it again repairs it")]
    partial void LogDamaged(string digest, long expected, long? found);
}
