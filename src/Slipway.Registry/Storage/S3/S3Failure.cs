using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;

namespace Slipway.Registry.Storage.S3;

/// <summary>What was said of a request that failed, and stays so.</summary>
sealed class S3Exception(string message, Exception error) : IOException(message, error);

/// <summary>What went wrong at the service, said so that a person knows which setting to look at.</summary>
static class S3Failure
{
    public static bool IsMissing(Exception error) =>
        error is AmazonServiceException { StatusCode: HttpStatusCode.NotFound, ErrorCode: not ("NoSuchBucket" or "NoSuchUpload") };

    /// <summary>A multipart upload that was completed or aborted, or is one of which the service lost track.</summary>
    public static bool IsNoUpload(Exception? error) => error is AmazonServiceException { ErrorCode: "NoSuchUpload" };

    /// <summary>The service does not know the request at all.</summary>
    public static bool IsUnknownRequest(Exception? error) =>
        error is AmazonServiceException { StatusCode: HttpStatusCode.NotImplemented or HttpStatusCode.MethodNotAllowed } or AmazonServiceException { ErrorCode: "NotImplemented" or "MethodNotAllowed" };

    /// <summary>Whether the next attempt may fare better.</summary>
    public static bool IsPassing(Exception error) => error switch
    {
        AmazonServiceException { ErrorCode: "SlowDown" or "RequestTimeout" or "InternalError" or "ServiceUnavailable" or "Throttling" or "ThrottlingException" or "RequestLimitExceeded" or "OperationAborted" or "RequestTimeTooSkewed" } => true,
        AmazonUnmarshallingException { StatusCode: var status } => (int)status is 0 or (>= 200 and < 300) or >= 500,
        AmazonServiceException { StatusCode: var status } service => (int)status is 408 or 429 or 500 or 502 or 503 or 504 || ((int)status == 0 && service.InnerException is not null),
        OperationCanceledException or HttpRequestException or IOException or SocketException or TimeoutException => true,
        AmazonClientException { InnerException: { } inner } => IsPassing(inner),
        _ => false,
    };

    public static IOException Translate(Exception error, string operation, S3Options options) =>
        error as S3Exception ?? new S3Exception($"{options.Place}: {operation} failed: {Explain(error, options)}", error);

    static string Explain(Exception error, S3Options options) => error switch
    {
        AmazonServiceException { ErrorCode: "NoSuchBucket" } => $"there is no bucket '{options.Bucket}'; make it, or correct 'bucket', 'region' or 'endpoint'.",
        AmazonServiceException { ErrorCode: "InvalidAccessKeyId" } => "the service does not know the access key; correct 'accessKey'.",
        AmazonServiceException { ErrorCode: "SignatureDoesNotMatch" } => "the signature is not the service's own; correct 'secretKey' or 'accessKey' (and 'region', for which requests are signed).",
        AmazonServiceException { ErrorCode: "ExpiredToken" or "InvalidToken" or "TokenRefreshRequired" or "SecurityTokenExpired" } => "the temporary credential has expired or is none; give a new 'accessKey', 'secretKey' and 'sessionToken'.",
        AmazonServiceException { ErrorCode: "RequestTimeTooSkewed" or "RequestExpired" } => "this machine's clock and the service's differ by too much; set this machine's clock (NTP).",
        AmazonServiceException { ErrorCode: "AuthorizationHeaderMalformed" or "PermanentRedirect" or "TemporaryRedirect" or "IllegalLocationConstraintException" } wrong =>
            $"the bucket is in another region: {Text(wrong)} Correct 'region' or 'endpoint'.",
        AmazonServiceException { StatusCode: HttpStatusCode.MovedPermanently or HttpStatusCode.TemporaryRedirect } => "the service sends to another address; the bucket is in another region. Correct 'region' or 'endpoint'.",
        AmazonServiceException { ErrorCode: "SecondLevelDomainForbidden" } => "the service wants the bucket in the host's name; leave 'pathStyle' out.",
        AmazonServiceException { ErrorCode: "AllAccessDisabled" or "UserDisable" or "AccountProblem" } off => $"the account can't be used: {Text(off)}",
        AmazonServiceException { ErrorCode: "QuotaExceeded" or "StorageQuotaExceeded" or "XMinioStorageFull" } full => $"the service has no room left: {Text(full)}",
        AmazonServiceException { ErrorCode: "EntityTooSmall" } small => $"a part is smaller than the service takes: {Text(small)}",
        AmazonServiceException { ErrorCode: "InvalidPart" or "InvalidPartOrder" } => "a part is not the one that was sent: another server has written to the same upload since. Push again.",
        AmazonServiceException { ErrorCode: "NoSuchUpload" } => "the multipart upload is gone: it was given up, or a rule of the bucket ended it. Push again.",
        AmazonServiceException { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized } denied =>
            $"access is denied: {Text(denied)} Are 'accessKey' and 'secretKey' right, and may they read, write, delete and list in the bucket "
            + "(s3:GetObject, PutObject, DeleteObject, AbortMultipartUpload, ListBucket, ListBucketMultipartUploads)?",
        AmazonServiceException { StatusCode: HttpStatusCode.ServiceUnavailable or HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests } busy => $"the service is busy: {Text(busy)} It was asked several times.",
        AmazonServiceException { StatusCode: not 0 } other => $"the service answered {(int)other.StatusCode} {other.ErrorCode}: {Text(other)}",
        OperationCanceledException or TimeoutException => $"no answer came in {options.Timeout.TotalSeconds:0} seconds; is the service up, and the way to it free?",
        _ when Find<SocketException>(error) is { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData } => $"the name of the service is not known ({(options.IsPathStyle ? options.Address.Host : $"{options.Bucket}.{options.Address.Host}")}); correct 'endpoint' or 'region'{(options.IsPathStyle ? "" : ", or is it a service with 'pathStyle: true'?")}.",
        _ when Find<HttpRequestException>(error) is { HttpRequestError: HttpRequestError.SecureConnectionError } => $"{error.GetBaseException().Message.TrimEnd('.')}. Does this machine trust the service's certificate?",
        AmazonClientException { InnerException: null } client when options.AccessKey is null => $"no credential was found: {Text(client)} Give 'accessKey' and 'secretKey', or the environment's or the machine's role.",
        _ => $"{error.GetBaseException().Message.Split('\n', 2)[0].Trim().TrimEnd('.')}. Is 'endpoint' right, and is the service up?",
    };

    static T? Find<T>(Exception? error)
        where T : Exception
    {
        for (; error is not null; error = error.InnerException)
            if (error is T found) return found;
        return null;
    }

    static string Text(Exception error) => error.Message.Split('\n', 2)[0].Trim().TrimEnd('.') + ".";
}
