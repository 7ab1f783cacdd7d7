using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Slipway.Database;
using Slipway.Model;
using Slipway.Registry.Names;

namespace Slipway.Registry.Endpoints;

/// <summary>A refusal: its status and its codes (OCI Distribution Specification 1.1, "Error Codes").</summary>
sealed record RegistryError(int Status, IReadOnlyList<ErrorEntry> Entries)
{
    /// <summary>What a 429 asks the client to wait ("Error Codes": SHOULD include Retry-After).</summary>
    const string RetryAfterSeconds = "10";

    /// <summary>The first entry, for people.</summary>
    public string Message => Entries[0].Message;

    RegistryError(int status, string code, string message) : this(status, [new ErrorEntry(code, message, null)])
    {
    }

    public static RegistryError NameInvalid(string found) =>
        new(StatusCodes.Status400BadRequest, "NAME_INVALID", $"'{Shortened(found)}' is no repository name: expected {RepositoryName.Rule}");

    public static RegistryError NameUnknown(RepositoryName name) =>
        new(StatusCodes.Status404NotFound, "NAME_UNKNOWN", $"there is no repository '{name}'");

    public static RegistryError DigestInvalid(string? found) => new(
        StatusCodes.Status400BadRequest, "DIGEST_INVALID",
        $"'{Shortened(found ?? "")}' is no digest: expected sha256: and 64, or sha512: and 128, lower-case hexadecimal digits");

    public static RegistryError DigestMismatch(Digest claimed) =>
        new(StatusCodes.Status400BadRequest, "DIGEST_INVALID", $"the content that was sent does not have the digest {claimed}");

    public static RegistryError TagInvalid(string found) =>
        new(StatusCodes.Status400BadRequest, "MANIFEST_INVALID", $"'{Shortened(found)}' is neither a digest nor a tag: a tag is {TagName.Rule}");

    public static RegistryError BlobUnknown(RepositoryName name, Digest digest) =>
        new(StatusCodes.Status404NotFound, "BLOB_UNKNOWN", $"'{name}' has no blob {digest}");

    public static RegistryError ManifestUnknown(RepositoryName name, string reference) =>
        new(StatusCodes.Status404NotFound, "MANIFEST_UNKNOWN", $"'{name}' has no manifest '{Shortened(reference)}'");

    public static RegistryError ManifestInvalid(string message) => new(StatusCodes.Status400BadRequest, "MANIFEST_INVALID", message);

    public static RegistryError ManifestTooLarge(int limit) =>
        new(StatusCodes.Status413PayloadTooLarge, "SIZE_INVALID", $"the manifest has more than {limit} bytes, the most that is accepted");

    public static RegistryError ManifestBlobsUnknown(IEnumerable<Digest> missing) => new(
        StatusCodes.Status400BadRequest,
        [.. missing.Select(digest => new ErrorEntry("MANIFEST_BLOB_UNKNOWN", $"the manifest refers to {digest}, which the repository does not have: push it first", new ErrorDetail(digest.Value)))]);

    public static RegistryError TooManyTags(int limit) =>
        new(StatusCodes.Status414UriTooLong, "UNSUPPORTED", $"more than {limit} 'tag' parameters in one request");

    public static RegistryError UploadUnknown(string found) => new(
        StatusCodes.Status404NotFound, "BLOB_UPLOAD_UNKNOWN",
        $"there is no upload '{Shortened(found)}' in this repository: it was finished, cancelled, given up after long silence, or never begun");

    public static RegistryError UploadBusy() =>
        new(StatusCodes.Status409Conflict, "BLOB_UPLOAD_INVALID", "another request is writing to this upload: ask for its offset (GET) and go on from there");

    public static RegistryError ChunkOutOfOrder(long offset) => new(
        StatusCodes.Status416RangeNotSatisfiable, "BLOB_UPLOAD_INVALID", $"the next chunk of this upload must begin at {offset}");

    public static RegistryError ContentRangeInvalid(string found) => new(
        StatusCodes.Status400BadRequest, "BLOB_UPLOAD_INVALID", $"'{Shortened(found)}' is no Content-Range of a chunk: expected FIRST-LAST, both counted from 0 and inclusive");

    public static RegistryError ChunkSize(long expected, long? found) => new(
        StatusCodes.Status400BadRequest, "SIZE_INVALID", $"the Content-Range speaks of {expected} bytes, the Content-Length of {found?.ToString() ?? "none"}");

    public static RegistryError AlgorithmUnsupported(string found) =>
        new(StatusCodes.Status400BadRequest, "DIGEST_INVALID", $"digest algorithm '{Shortened(found)}' is not supported: expected sha256 or sha512");

    public static RegistryError DescriptorSize(Digest digest, long claimed, long size) => new(
        StatusCodes.Status400BadRequest, "SIZE_INVALID",
        $"the manifest says that {digest} has {claimed} bytes, and it has {size}: clients that compare them would refuse the image");

    public static RegistryError TooManyUploads(int limit) =>
        new(StatusCodes.Status429TooManyRequests, "TOOMANYREQUESTS", $"{limit} uploads are open, the most at one time: try again when some are finished");

    public static RegistryError TooManyUploadsOfAccount(int limit) => new(
        StatusCodes.Status429TooManyRequests, "TOOMANYREQUESTS",
        $"this account has {limit} uploads open, the most at one time: finish or cancel (DELETE) some, or wait until those that lie idle are given up");

    public static RegistryError TooManyManifests() =>
        new(StatusCodes.Status429TooManyRequests, "TOOMANYREQUESTS", "too many manifests are being pushed at this moment: try again");

    /// <param name="folder">The registry's.</param>
    /// <param name="free">Bytes that are left there, where the store knows.</param>
    /// <param name="least">Bytes that must stay free.</param>
    public static RegistryError DiskFull(string folder, long? free, long least)
    {
        const long MebiByte = 1 << 20;
        var left = free is { } bytes ? $" {bytes / MebiByte} MiB are free, and {least / MebiByte} MiB must stay free." : "";
        return new(
            StatusCodes.Status507InsufficientStorage, "DENIED",
            $"the disk of the registry's folder {folder} is nearly full, so it takes no pushes; pulls go on.{left} Free space there, or remove images");
    }

    public static RegistryError Unauthorized(string message) => new(StatusCodes.Status401Unauthorized, "UNAUTHORIZED", message);

    public static RegistryError TooManyFailures() =>
        new(StatusCodes.Status429TooManyRequests, "TOOMANYREQUESTS", "too many wrong passwords for this account from this address: try again after Retry-After");

    public static RegistryError TokenRequestInvalid(string message) => new(StatusCodes.Status400BadRequest, "UNSUPPORTED", message);

    public static RegistryError Denied(string message) => new(StatusCodes.Status403Forbidden, "DENIED", message);

    // Of a cache's upstream. UNAVAILABLE is not in the specification's list, but what others answer for this, and docker shows the text.
    public static RegistryError UpstreamFailed(string message) => new(StatusCodes.Status502BadGateway, "UNAVAILABLE", message);

    public static RegistryError UpstreamLimit(string message) => new(StatusCodes.Status429TooManyRequests, "TOOMANYREQUESTS", message);

    public static RegistryError UpstreamRefused(string message) => new(StatusCodes.Status404NotFound, "NAME_UNKNOWN", message);

    public static RegistryError StorageUnavailable() => new(
        StatusCodes.Status503ServiceUnavailable, "UNAVAILABLE",
        "the registry's storage could not be read or written just now: nothing was stored. Try again; the server's log says what is wrong");

    /// <summary>The code is distribution's; what the database said is the log's alone, because anybody may be asking.</summary>
    public static RegistryError DatabaseAway(DatabaseUnavailableException away) => new(
        StatusCodes.Status503ServiceUnavailable, "UNAVAILABLE",
        away is CommitUnknownException
            ? "the registry lost its database while it stored this: it is stored, or it is not; pushing it again does no harm"
            : "the registry's database can't be reached or written to now, and nothing of this was stored: try again in a moment");

    public static RegistryError PageInvalid(string found) =>
        new(StatusCodes.Status400BadRequest, "UNSUPPORTED", $"'{Shortened(found)}' is no page size: 'n' is a whole number from 0");

    public static RegistryError NoEndpoint() => new(
        StatusCodes.Status404NotFound, "UNSUPPORTED", "no such endpoint: see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints");

    public static RegistryError MethodNotAllowed(string method) =>
        new(StatusCodes.Status405MethodNotAllowed, "UNSUPPORTED", $"{Shortened(method)} is not supported here");

    public async Task Write(HttpContext context)
    {
        context.Response.StatusCode = Status;
        context.Response.ContentType = "application/json";
        // An upstream may have said itself how long.
        if (Status == StatusCodes.Status429TooManyRequests && context.Response.Headers.RetryAfter.Count == 0) context.Response.Headers.RetryAfter = RetryAfterSeconds;
        var body = JsonSerializer.SerializeToUtf8Bytes(new ErrorBody(Entries), RegistryJson.Plain.ErrorBody);
        context.Response.ContentLength = body.Length;
        // Methods are case-sensitive (RFC 9110, section 9.1): to the server, too, "Head" is another one, whose answer has the body that it announces.
        if (context.Request.Method != HttpMethods.Head) await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    // What came from outside is quoted back, but not at any length.
    static string Shortened(string text) => text.Length <= 160 ? text : text[..160] + "...";
}

sealed record ErrorBody(IReadOnlyList<ErrorEntry> Errors);

sealed record ErrorEntry(string Code, string Message, ErrorDetail? Detail);

sealed record ErrorDetail(string Digest);
