using System.Net.Sockets;
using Azure;
using Azure.Storage.Blobs.Models;

namespace Slipway.Registry.Storage.Azure;

/// <summary>What went wrong at the service, said so that a person knows which setting to look at.</summary>
static class AzureFailure
{
    public static bool IsMissing(RequestFailedException error) => error.Status == 404 && error.ErrorCode != BlobErrorCode.ContainerNotFound && error.ErrorCode != "ResourceNotFound";

    /// <summary>The blob is not, or no longer, what the request's condition says.</summary>
    public static bool IsChanged(RequestFailedException error) =>
        error.Status == 412 || (error.Status == 409 && error.ErrorCode == BlobErrorCode.BlobAlreadyExists);

    public static IOException Translate(Exception error, string operation, AzureOptions options) =>
        new($"{options.Place}: {operation} failed: {Explain(Last(error), options)}", error);

    /// <summary>Of several attempts, the last one tells.</summary>
    static Exception Last(Exception error) => error is AggregateException { InnerExceptions: [.., var last] } ? last : error;

    static string Explain(Exception error, AzureOptions options) => error switch
    {
        RequestFailedException { ErrorCode: "ContainerNotFound" or "ResourceNotFound" } => $"there is no container '{options.Container}'; make it, or correct 'container', 'account' or 'endpoint'.",
        RequestFailedException { ErrorCode: "ContainerBeingDeleted" } => $"the container '{options.Container}' is being deleted; wait, and make it again, or give another 'container'.",
        RequestFailedException { ErrorCode: "AccountIsDisabled" or "AccountBeingCreated" } off => $"the account can't be used: {Text(off)}",
        RequestFailedException { ErrorCode: "AuthenticationFailed" or "InvalidAuthenticationInfo" } refused when IsClock(refused) =>
            "this machine's clock and the service's differ by too much; set this machine's clock (NTP).",
        RequestFailedException { ErrorCode: "AuthenticationFailed" or "InvalidAuthenticationInfo" or "AuthorizationFailure" } refused when options.Sas is not null =>
            $"the SAS was refused: {Text(refused)} It may have expired, or be for another container, address or protocol; give a new 'sas'.",
        RequestFailedException { ErrorCode: "AuthenticationFailed" or "InvalidAuthenticationInfo" } refused =>
            $"the signature is not the service's own: {Text(refused)} Correct 'key' (was it renewed?), 'account' and 'endpoint'.",
        RequestFailedException { ErrorCode: "AuthorizationPermissionMismatch" or "AuthorizationResourceTypeMismatch" or "InsufficientAccountPermissions" or "AuthorizationServiceMismatch" } denied =>
            $"the credential may not do that: {Text(denied)} It needs to read, write, delete and list blobs in the container (a SAS: sp=rwdl).",
        RequestFailedException { ErrorCode: "KeyBasedAuthenticationNotPermitted" } => "the account does not allow its keys; allow 'storage account key access' in its configuration.",
        RequestFailedException { Status: 403 } denied => $"access is denied: {Text(denied)} Is 'key' or 'sas' right, does the account's firewall let this machine in, and may the credential read, write, delete and list?",
        RequestFailedException { Status: 503 or 429 or 500 } busy => $"the service is busy: {Text(busy)} It was asked several times.",
        RequestFailedException { Status: not 0 } other => $"the service answered {other.Status} {other.ErrorCode}: {Text(other)}",
        OperationCanceledException or TimeoutException => "no answer came in time; is the service up, and the way to it free?",
        _ when error.GetBaseException() is SocketException { SocketErrorCode: SocketError.HostNotFound } => "the service's name is not known; correct 'account' or 'endpoint'.",
        _ => $"{error.GetBaseException().Message.TrimEnd('.')}. Is 'endpoint' right, and is the service up?",
    };

    static bool IsClock(RequestFailedException error) =>
        error.Message.Contains("date header", StringComparison.OrdinalIgnoreCase) || error.Message.Contains("header too old", StringComparison.OrdinalIgnoreCase);

    /// <summary>The SDK's messages go on with headers and bodies; the first line is the service's sentence.</summary>
    static string Text(RequestFailedException error) => error.Message.Split('\n', 2)[0].Trim().TrimEnd('.') + ".";
}
