using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;
using Slipway.Database;
using Slipway.Registry.Auth;
using Slipway.Registry.Measuring;
using Slipway.Registry.Mirroring.Caching;
using Slipway.Registry.Names;
using Slipway.Registry.Rules;
using Slipway.Registry.Storage;
using Slipway.Registry.Uploads;
using MinDataRate = Microsoft.AspNetCore.Server.Kestrel.Core.MinDataRate;

namespace Slipway.Registry.Endpoints;

/// <summary>Everything under /v2/: parses the path and hands over by what is asked for and by method.</summary>
sealed partial class RegistryEndpoint(
    BlobEndpoints blobs, UploadEndpoints uploads, ManifestEndpoints manifests, ListEndpoints lists, PullThrough pullThrough, IBlobStore store, RegistryMetrics metrics,
    RegistryOptions options, ILogger<RegistryEndpoint> log, AccessControl? access = null)
{
    /// <summary>errno of a full disk, and of a used-up quota, as .NET passes them on in <see cref="Exception.HResult"/>.</summary>
    const int NoSpace = 28, QuotaExceeded = 122;

    const string Version = "Docker-Distribution-API-Version";

    readonly MinDataRate _rate = new(options.MinDataRate, options.DataRateGrace);

    public async Task Handle(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        context.Response.Headers[Version] = "registry/2.0";
        KeepMoving(context);
        var started = Stopwatch.GetTimestamp();
        var request = RegistryRequest.Parse(target);
        try
        {
            if (access is not null && await access.Check(context, request) is { } refused) await refused.Write(context);
            else await Dispatch(context, request);
        }
        catch (Exception gone) when (context.RequestAborted.IsCancellationRequested || gone is ConnectionResetException or SocketException)
        {
            LogCutOff(context.Request.Method, target, gone.Message);
            context.Abort();
        }
        catch (BadHttpRequestException bad) when (!context.Response.HasStarted)
        {
            // The body ended early, came too slowly, or was framed wrongly: Kestrel knows the status.
            LogCutOff(context.Request.Method, target, bad.Message);
            await new RegistryError(bad.StatusCode, [new ErrorEntry("SIZE_INVALID", bad.Message, null)]).Write(context);
        }
        catch (RuleRefusedException refused) when (!context.Response.HasStarted)
        {
            await RegistryError.Denied(refused.Message).Write(context);
        }
        catch (UploadLostException lost) when (!context.Response.HasStarted)
        {
            LogCutOff(context.Request.Method, target, lost.Message);
            await RegistryError.UploadBusy().Write(context);
        }
        catch (IOException framing) when (framing.InnerException is OverflowException && !context.Response.HasStarted)
        {
            // Kestrel's word for the length of a chunk that no number can hold; every other wrong framing is the exception above.
            LogCutOff(context.Request.Method, target, framing.Message);
            await new RegistryError(StatusCodes.Status400BadRequest, [new ErrorEntry("SIZE_INVALID", framing.Message, null)]).Write(context);
        }
        catch (Exception full) when (IsFull(full) && !context.Response.HasStarted)
        {
            LogDiskFull(target, full.Message);
            await Fail(context, RegistryError.DiskFull(options.Folder, store.FreeBytes, options.MinFreeBytes));
        }
        catch (DatabaseUnavailableException away) when (!context.Response.HasStarted)
        {
            LogDatabaseAway(context.Request.Method, target, away.Message);
            await Fail(context, RegistryError.DatabaseAway(away));
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException && !context.Response.HasStarted)
        {
            LogBroken(broken, context.Request.Method, target);
            await Fail(context, RegistryError.StorageUnavailable());
        }
        finally
        {
            metrics.Served(request, context.Request.Method, context.Response.StatusCode, started);
        }
    }

    // A client that has vanished, or sends a byte a minute, holds a connection and an upload for no longer than this.
    void KeepMoving(HttpContext context)
    {
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } request) request.MinDataRate = _rate;
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } response) response.MinDataRate = _rate;
    }

    Task Dispatch(HttpContext context, RegistryRequest request) => (request, context.Request.Method) switch
    {
        (RegistryRequest.Invalid invalid, _) => invalid.Error.Write(context),
        (_, "POST" or "PUT" or "PATCH") when PushedTo(request) is { } repository && pullThrough.RefusesPush(repository) is { } refusal => refusal.Write(context),
        (RegistryRequest.Base, "GET" or "HEAD") => ListEndpoints.Base(context),
        (RegistryRequest.Catalog, "GET") => lists.Catalog(context),
        (RegistryRequest.Tags tags, "GET") => lists.Tags(context, tags),
        (RegistryRequest.Referrers referrers, "GET") => lists.Referrers(context, referrers),
        (RegistryRequest.Blob blob, "GET" or "HEAD") => blobs.Get(context, blob),
        (RegistryRequest.Blob blob, "DELETE") => blobs.Delete(context, blob),
        (RegistryRequest.StartUpload start, "POST") => uploads.Start(context, start),
        (RegistryRequest.Upload upload, "GET") => uploads.Status(context, upload),
        (RegistryRequest.Upload upload, "PATCH") => uploads.Append(context, upload),
        (RegistryRequest.Upload upload, "PUT") => uploads.Finish(context, upload),
        (RegistryRequest.Upload upload, "DELETE") => uploads.Cancel(context, upload),
        (RegistryRequest.Manifest manifest, "GET" or "HEAD") => manifests.Get(context, manifest),
        (RegistryRequest.Manifest manifest, "PUT") => manifests.Put(context, manifest),
        (RegistryRequest.Manifest manifest, "DELETE") => manifests.Delete(context, manifest),
        _ => Refuse(context, request),
    };

    static RepositoryName? PushedTo(RegistryRequest request) => request switch
    {
        RegistryRequest.StartUpload start => start.Repository,
        RegistryRequest.Upload upload => upload.Repository,
        RegistryRequest.Manifest manifest => manifest.Repository,
        _ => null,
    };

    static Task Refuse(HttpContext context, RegistryRequest request)
    {
        context.Response.Headers.Allow = request switch
        {
            RegistryRequest.Base => "GET, HEAD",
            RegistryRequest.Blob => "GET, HEAD, DELETE",
            RegistryRequest.StartUpload => "POST",
            RegistryRequest.Upload => "GET, PATCH, PUT, DELETE",
            RegistryRequest.Manifest => "GET, HEAD, PUT, DELETE",
            _ => "GET",
        };
        return RegistryError.MethodNotAllowed(context.Request.Method).Write(context);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Method} {Target} was cut off: {Reason}")]
    partial void LogCutOff(string method, string target, string reason);

    // Without what was said of the answer before it failed: ETag, digest, ranges.
    static Task Fail(HttpContext context, RegistryError error)
    {
        var version = context.Response.Headers[Version];
        context.Response.Clear();
        context.Response.Headers[Version] = version;
        return error.Write(context);
    }

    static bool IsFull(Exception error) => error is DatabaseFullException or IOException { HResult: NoSpace or QuotaExceeded };

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Target} failed: {Reason}")]
    partial void LogDatabaseAway(string method, string target, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The registry's disk is full: {Target} was refused: {Reason}")]
    partial void LogDiskFull(string target, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Target} failed: the registry's storage is not to be used")]
    partial void LogBroken(Exception error, string method, string target);
}
