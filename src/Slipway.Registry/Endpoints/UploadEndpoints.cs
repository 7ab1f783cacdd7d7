using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Slipway.Model;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;
using Slipway.Registry.Measuring;
using Slipway.Registry.Names;
using Slipway.Registry.Rules;
using Slipway.Registry.Storage;
using Slipway.Registry.Uploads;

namespace Slipway.Registry.Endpoints;

/// <summary>
/// "Pushing blobs", "Cancel a blob upload", "Mounting a blob from another repository".
/// <code>
/// POST ──► upload ── PATCH* ──► PUT ?digest= ──► blob
///   │        └── DELETE, a wrong digest, a day of silence ──► nothing
///   ├── ?digest= ───────────────────────────────► blob
///   └── ?mount= &amp; from= ────────────────────────► blob, or an upload where the other repository does not have it
/// </code>
/// </summary>
sealed class UploadEndpoints(UploadSessions sessions, BlobIndex blobs, IBlobStore store, QuotaGuard quotas, RegistryMetrics metrics, RegistryOptions options)
{
    public async Task Start(HttpContext context, RegistryRequest.StartUpload request)
    {
        var query = context.Request.Query;
        if (query.TryGetValue("mount", out var mount))
        {
            if (!Digest.TryParse(mount, out var digest))
            {
                await RegistryError.DigestInvalid(mount).Write(context);
                return;
            }
            if (query.TryGetValue("from", out var from))
            {
                if (!RepositoryName.TryParse(from, out var source))
                {
                    await RegistryError.NameInvalid(from.ToString()).Write(context);
                    return;
                }
                // Who may not pull from the source is not told whether it has the blob.
                if (RequestAccess.May(context, source, RegistryActions.Pull) && await blobs.Mount(source, request.Repository, digest, Caller.Of(context)))
                {
                    Created(context, request.Repository, digest);
                    return;
                }
            }
        }
        else if (query.TryGetValue("digest", out var claimed))
        {
            if (Digest.TryParse(claimed, out var digest)) await PushAtOnce(context, request.Repository, digest);
            else await RegistryError.DigestInvalid(claimed).Write(context);
            return;
        }

        var algorithm = query.TryGetValue("digest-algorithm", out var asked) ? asked.ToString() : "sha256";
        if (algorithm is not ("sha256" or "sha512")) await RegistryError.AlgorithmUnsupported(algorithm).Write(context);
        else if (!HasRoom(0)) await DiskFull().Write(context);
        else
        {
            (await quotas.Room(request.Repository))?.Check(1);
            await Open(context, request.Repository, algorithm);
        }
    }

    public async Task Status(HttpContext context, RegistryRequest.Upload request)
    {
        if (request.Id is { } id && await sessions.Length(request.Repository, id, context.RequestAborted) is { } length)
        {
            Describe(context, request.Repository, id, length);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        else await RegistryError.UploadUnknown(request.Text).Write(context);
    }

    public async Task Append(HttpContext context, RegistryRequest.Upload request)
    {
        await using var upload = await Enter(context, request);
        if (upload is null || !await Receive(context, request.Repository, upload, digest: null)) return;
        Describe(context, request.Repository, upload.Id, upload.Length);
        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    public async Task Finish(HttpContext context, RegistryRequest.Upload request)
    {
        if (!Digest.TryParse(context.Request.Query["digest"], out var digest))
        {
            await RegistryError.DigestInvalid(context.Request.Query["digest"]).Write(context);
            return;
        }
        await using var upload = await Enter(context, request);
        if (upload is null || !await Receive(context, request.Repository, upload, digest)) return;
        await Close(context, request.Repository, upload, digest);
    }

    public async Task Cancel(HttpContext context, RegistryRequest.Upload request)
    {
        await using var upload = await Enter(context, request);
        if (upload is null) return;
        await upload.Cancel();
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    async Task Open(HttpContext context, RepositoryName repository, string algorithm)
    {
        var upload = await sessions.Start(repository, algorithm, Caller.Of(context), context.RequestAborted);
        switch (upload.Bound)
        {
            case UploadBound.InAll:
                await RegistryError.TooManyUploads(options.MaxUploads).Write(context);
                break;
            case UploadBound.OfAccount:
                await RegistryError.TooManyUploadsOfAccount(options.MaxUploadsOfAccount).Write(context);
                break;
            default:
                Describe(context, repository, upload.Id, 0);
                context.Response.StatusCode = StatusCodes.Status202Accepted;
                break;
        }
    }

    async Task PushAtOnce(HttpContext context, RepositoryName repository, Digest digest)
    {
        if (!HasRoom(context.Request.ContentLength ?? 0))
        {
            await DiskFull().Write(context);
            return;
        }
        var room = await quotas.Room(repository, digest);
        room?.Check(context.Request.ContentLength ?? 0);
        LiftBodyLimit(context);
        await using var upload = await sessions.StartPassing(repository, context.RequestAborted);
        try
        {
            await upload.Append(room?.Bound(context.Request.Body, 0) ?? context.Request.Body, digest.Algorithm, context.RequestAborted);
            metrics.Received(upload.Length);
        }
        catch
        {
            // Nobody knows its identifier, so nobody can go on with it.
            await upload.Cancel();
            throw;
        }
        await Close(context, repository, upload, digest);
    }

    static async Task Close(HttpContext context, RepositoryName repository, Upload upload, Digest digest)
    {
        try
        {
            if (await upload.Finish(digest, Caller.Of(context), context.RequestAborted)) Created(context, repository, digest);
            else await RegistryError.DigestMismatch(digest).Write(context);
        }
        catch (RuleRefusedException)
        {
            await upload.Cancel();
            throw;
        }
    }

    /// <summary>The upload in hand, or null when the refusal is written.</summary>
    async Task<Upload?> Enter(HttpContext context, RegistryRequest.Upload request)
    {
        var entrance = request.Id is { } id ? await sessions.Enter(request.Repository, id, context.RequestAborted) : default;
        if (entrance.Upload is null) await (entrance.Busy ? RegistryError.UploadBusy() : RegistryError.UploadUnknown(request.Text)).Write(context);
        return entrance.Upload;
    }

    /// <summary>
    /// Takes the body in, where its Content-Range (which docker leaves out) begins at the upload's end. False when the refusal is written.
    /// </summary>
    async Task<bool> Receive(HttpContext context, RepositoryName repository, Upload upload, Digest? digest)
    {
        var body = context.Request;
        if (body.Headers.ContentRange is { Count: > 0 } range)
        {
            var text = range.ToString();
            if (!ChunkRange.TryParse(text, out var chunk))
            {
                await RegistryError.ContentRangeInvalid(text).Write(context);
                return false;
            }
            if (chunk.First != upload.Length)
            {
                Describe(context, repository, upload.Id, upload.Length);
                await RegistryError.ChunkOutOfOrder(upload.Length).Write(context);
                return false;
            }
            if (body.ContentLength != chunk.Length)
            {
                await RegistryError.ChunkSize(chunk.Length, body.ContentLength).Write(context);
                return false;
            }
        }
        if (body.ContentLength is not 0 && !HasRoom(body.ContentLength ?? 0))
        {
            await DiskFull().Write(context);
            return false;
        }
        LiftBodyLimit(context);
        var before = upload.Length;
        try
        {
            var room = await quotas.Room(repository, digest);
            room?.Check(before + (body.ContentLength ?? 0));
            await upload.Append(room?.Bound(body.Body, before) ?? body.Body, digest?.Algorithm, context.RequestAborted);
        }
        catch (RuleRefusedException)
        {
            // It will never fit: its bytes are not kept for a client that would come back with more.
            await upload.Cancel();
            throw;
        }
        metrics.Received(upload.Length - before);
        return true;
    }

    RegistryError DiskFull() => RegistryError.DiskFull(options.Folder, store.FreeBytes, options.MinFreeBytes);

    bool HasRoom(long more) => store.FreeBytes is not { } free || free - more >= options.MinFreeBytes;

    // A layer may have any size; only here is the server's bound on bodies lifted.
    static void LiftBodyLimit(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
    }

    // Relative, because behind a reverse proxy the server does not know what it is called.
    static void Describe(HttpContext context, RepositoryName repository, Guid id, long length)
    {
        var headers = context.Response.Headers;
        var text = id.ToString("D", CultureInfo.InvariantCulture);
        headers.Location = $"/v2/{repository}/blobs/uploads/{text}";
        headers.Range = string.Create(CultureInfo.InvariantCulture, $"0-{Math.Max(0, length - 1)}");
        headers["Docker-Upload-UUID"] = text;
    }

    static void Created(HttpContext context, RepositoryName repository, Digest digest)
    {
        context.Response.Headers.Location = $"/v2/{repository}/blobs/{digest}";
        context.Response.Headers["Docker-Content-Digest"] = digest.Value;
        context.Response.StatusCode = StatusCodes.Status201Created;
    }
}
