using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Slipway.Registry.Storage.S3;

/// <summary>
/// The requests of which the store is made, by key (the object's name without the prefix). Each may be repeated, and is, a few times, where it fails for the
/// moment; what is left is an <see cref="IOException"/> that says where, what, and what would be right. "Not there" is null or false. Thread-safe.
/// </summary>
sealed class S3Objects : IDisposable
{
    const int Attempts = 4;

    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    readonly AmazonS3Client _client;
    readonly string _prefix;

    public S3Objects(S3Options options)
    {
        Options = options;
        _client = options.Connect();
        _prefix = options.Prefix.Length == 0 ? "" : options.Prefix + "/";
    }

    public S3Options Options { get; }

    /// <summary>Bytes; null where there is none.</summary>
    public Task<long?> Length(string key, CancellationToken cancel) => Call<long?>($"looking for {key}", async stop =>
    {
        try
        {
            return (await _client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = Options.Bucket, Key = _prefix + key }, stop)).ContentLength;
        }
        catch (AmazonServiceException missing) when (S3Failure.IsMissing(missing))
        {
            return null;
        }
    }, cancel);

    /// <summary>Writes an object as a whole or not at all.</summary>
    /// <param name="isBlob">Whether it stays, and is kept in the class of storage that the options say.</param>
    public Task Put(string key, IReadOnlyList<S3BodyPiece> content, bool isBlob, CancellationToken cancel) => Call($"writing {key}", async stop =>
    {
        await using var body = new S3Body(content);
        var request = new PutObjectRequest
        {
            BucketName = Options.Bucket, Key = _prefix + key, InputStream = body, AutoCloseStream = false, ContentType = "application/octet-stream",
            UseChunkEncoding = false,
        };
        request.Headers.ContentLength = body.Length;
        if (isBlob && Options.StorageClass is { } kept) request.StorageClass = kept;
        (request.ServerSideEncryptionMethod, request.ServerSideEncryptionKeyManagementServiceKeyId) = Encryption();
        await _client.PutObjectAsync(request, stop);
        return true;
    }, cancel);

    /// <summary>Begins an object that comes in parts; nothing is seen at its key before <see cref="Complete"/>. Returns the service's name for it.</summary>
    public Task<string> Begin(string key, CancellationToken cancel) => Call($"beginning {key}", async stop =>
    {
        var request = new InitiateMultipartUploadRequest { BucketName = Options.Bucket, Key = _prefix + key, ContentType = "application/octet-stream" };
        if (Options.StorageClass is { } kept) request.StorageClass = kept;
        (request.ServerSideEncryptionMethod, request.ServerSideEncryptionKeyManagementServiceKeyId) = Encryption();
        return (await _client.InitiateMultipartUploadAsync(request, stop)).UploadId;
    }, cancel);

    /// <summary>Sends a part, in the place of one that has the same number.</summary>
    public Task<S3Part> PutPart(string key, string multipart, int number, IReadOnlyList<S3BodyPiece> content, CancellationToken cancel)
    {
        var size = content.Sum(piece => piece.Length);
        return Call($"writing part {number} of {key}", async stop =>
        {
            await using var body = new S3Body(content);
            var sent = await _client.UploadPartAsync(new UploadPartRequest
            {
                BucketName = Options.Bucket, Key = _prefix + key, UploadId = multipart, PartNumber = number, PartSize = size, InputStream = body, UseChunkEncoding = false,
                // What is read from the service while it is sent would be read twice.
                DisablePayloadSigning = content.Count > 1 && Options.Address.Scheme == "https",
            }, stop);
            return new S3Part(sent.ETag, size);
        }, cancel, size);
    }

    /// <summary>Takes a range of an object as a part; the bytes stay within the service.</summary>
    public Task<S3Part> CopyPart(string key, string multipart, int number, string from, long first, long size, CancellationToken cancel) => Call($"copying part {number} of {key}", async stop =>
    {
        var copied = await _client.CopyPartAsync(new CopyPartRequest
        {
            SourceBucket = Options.Bucket, SourceKey = _prefix + from, DestinationBucket = Options.Bucket, DestinationKey = _prefix + key,
            UploadId = multipart, PartNumber = number, FirstByte = first, LastByte = first + size - 1,
        }, stop);
        return new S3Part(copied.ETag, size);
    }, cancel, size);

    /// <summary>
    /// Makes the parts the object, as a whole or not at all. That of which the answer was lost is known by the object's length: nobody else writes to the key.
    /// </summary>
    public async Task Complete(string key, string multipart, IReadOnlyList<S3Part> parts, CancellationToken cancel)
    {
        var size = parts.Sum(part => part.Size);
        try
        {
            await Call($"completing {key}", async stop =>
            {
                var done = await _client.CompleteMultipartUploadAsync(new CompleteMultipartUploadRequest
                {
                    BucketName = Options.Bucket, Key = _prefix + key, UploadId = multipart, PartETags = [.. parts.Select((part, index) => new PartETag(index + 1, part.Etag))],
                }, stop);
                // The service answers 200 before it knows, and may say an error after that.
                if (string.IsNullOrEmpty(done.ETag)) throw new IOException("the service did not say that the object is complete");
                return true;
            }, cancel, size);
        }
        catch (S3Exception gone) when (S3Failure.IsNoUpload(gone.InnerException))
        {
            if (await Length(key, cancel) != size) throw;
        }
    }

    /// <summary>No error where there is none.</summary>
    public Task Abort(string key, string multipart, CancellationToken cancel) => Call($"giving up {key}", async stop =>
    {
        try
        {
            await _client.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = Options.Bucket, Key = _prefix + key, UploadId = multipart }, stop);
        }
        catch (AmazonServiceException gone) when (S3Failure.IsNoUpload(gone) || S3Failure.IsMissing(gone))
        {
            // That is what was wanted.
        }
        return true;
    }, cancel);

    /// <summary>No error where there is none.</summary>
    public Task Delete(string key, CancellationToken cancel) => Call($"deleting {key}", async stop =>
    {
        try
        {
            await _client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = Options.Bucket, Key = _prefix + key }, stop);
        }
        catch (AmazonServiceException missing) when (S3Failure.IsMissing(missing))
        {
            // That is what was wanted; most services don't even say so.
        }
        return true;
    }, cancel);

    /// <summary>The bytes, as they come; null where there is no such object. The caller disposes of the answer.</summary>
    /// <param name="count">Null: to the end.</param>
    public Task<(Stream Content, IDisposable Answer)?> Read(string key, long offset, long? count, CancellationToken cancel) => Call<(Stream, IDisposable)?>($"reading {key}", async stop =>
    {
        try
        {
            var request = new GetObjectRequest { BucketName = Options.Bucket, Key = _prefix + key };
            if (count is { } bytes) request.ByteRange = new ByteRange(offset, offset + bytes - 1);
            var answer = await _client.GetObjectAsync(request, stop);
            // The whole, where a part was asked for, would be taken for other bytes.
            if (count is null || answer.ContentRange?.StartsWith($"bytes {offset}-", StringComparison.Ordinal) is true || (offset == 0 && answer.ContentLength <= count)) return (answer.ResponseStream, answer);
            answer.Dispose();
            throw new IOException("the service answered another range than was asked for; does something between here and the service change requests?");
        }
        catch (AmazonServiceException missing) when (S3Failure.IsMissing(missing))
        {
            return null;
        }
    }, cancel);

    /// <summary>What is under the keys that begin so, by bytes in order.</summary>
    public async IAsyncEnumerable<S3Listed> List(string keys, [EnumeratorCancellation] CancellationToken cancel)
    {
        string? last = null;
        while (true)
        {
            // The first version of listings: every service has it, and its marker is a key.
            var page = await Call($"listing {keys}", stop => _client.ListObjectsAsync(new ListObjectsRequest { BucketName = Options.Bucket, Prefix = _prefix + keys, Marker = last, MaxKeys = Options.Page }, stop), cancel);
            foreach (var found in page.S3Objects ?? [])
            {
                last = found.Key;
                yield return new S3Listed(found.Key[_prefix.Length..], found.Size ?? 0, Time(found.LastModified));
            }
            if (page.IsTruncated is not true || page.S3Objects is not { Count: > 0 }) yield break;
        }
    }

    /// <summary>Objects that were begun under the keys that begin so, and neither completed nor given up. None where the service does not tell.</summary>
    public async IAsyncEnumerable<S3Begun> ListBegun(string keys, [EnumeratorCancellation] CancellationToken cancel)
    {
        (string? Key, string? Multipart) last = default;
        while (true)
        {
            ListMultipartUploadsResponse page;
            try
            {
                page = await Call($"listing uploads {keys}", stop => _client.ListMultipartUploadsAsync(
                    new ListMultipartUploadsRequest { BucketName = Options.Bucket, Prefix = _prefix + keys, KeyMarker = last.Key, UploadIdMarker = last.Multipart, MaxUploads = Options.Page }, stop), cancel);
            }
            catch (S3Exception unknown) when (S3Failure.IsUnknownRequest(unknown.InnerException))
            {
                yield break;
            }
            foreach (var found in page.MultipartUploads ?? [])
            {
                last = (found.Key, found.UploadId);
                // Some give more than was asked for.
                if (found.Key.StartsWith(_prefix + keys, StringComparison.Ordinal)) yield return new S3Begun(found.Key[_prefix.Length..], found.UploadId, Time(found.Initiated));
            }
            if (page.IsTruncated is not true || page.MultipartUploads is not { Count: > 0 }) yield break;
        }
    }

    /// <summary>An address by which the object can be read without a credential.</summary>
    public async Task<Uri> Sign(string key, DateTimeOffset until)
    {
        try
        {
            return new Uri(await _client.GetPreSignedURLAsync(new GetPreSignedUrlRequest
            {
                BucketName = Options.Bucket, Key = _prefix + key, Verb = HttpVerb.GET, Expires = until.UtcDateTime, Protocol = Options.Address.Scheme == "http" ? Protocol.HTTP : Protocol.HTTPS,
            }));
        }
        catch (Exception error) when (error is not IOException)
        {
            throw S3Failure.Translate(error, $"signing an address of {key}", Options);
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Asks until it is answered, a few times.</summary>
    /// <param name="size">Bytes that the service has to take or to look at.</param>
    async Task<T> Call<T>(string operation, Func<CancellationToken, Task<T>> call, CancellationToken cancel, long size = 0)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(Options.Timeout * Math.Max(1, Math.Min(10, size / (64.0 * Options.Parts.Part))));
            try
            {
                return await call(patience.Token);
            }
            catch (Exception error)
            {
                cancel.ThrowIfCancellationRequested();
                if (attempt == Attempts || !S3Failure.IsPassing(error)) throw S3Failure.Translate(error, operation, Options);
            }
            await Pause(attempt, cancel);
        }
    }

    async Task Pause(int attempt, CancellationToken cancel)
    {
        var whole = Options.RetryDelay * (1 << (attempt - 1));
        if (whole > LongestPause) whole = LongestPause;
        await Task.Delay(whole * (0.5 + RandomNumberGenerator.GetInt32(0, 500) / 1000.0), cancel);
    }

    (ServerSideEncryptionMethod? Method, string? Key) Encryption() => (Options.ServerSideEncryption is { } method ? new ServerSideEncryptionMethod(method) : null, Options.KmsKey);

    static DateTimeOffset Time(DateTime? time) => time is { } known ? new DateTimeOffset(known.ToUniversalTime()) : default;
}

readonly record struct S3Listed(string Key, long Size, DateTimeOffset LastModified);

readonly record struct S3Begun(string Key, string Multipart, DateTimeOffset Time);
