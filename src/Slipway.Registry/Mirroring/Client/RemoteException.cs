using System.Net;

namespace Slipway.Registry.Mirroring.Client;

/// <summary>Another registry did not give what it was asked for. The message names it and says what it answered.</summary>
public class RemoteException(string message, HttpStatusCode? status = null, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>What it answered; null when it did not answer.</summary>
    public HttpStatusCode? Status { get; } = status;

    /// <summary>How long it asks to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>It says that there is no such thing (or does not say that there is: some answer 401 or 403 for what does not exist).</summary>
    public bool IsMissing => Status is HttpStatusCode.NotFound;

    public bool IsRefused => Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden;

    /// <summary>It may go better later, with nothing changed.</summary>
    public virtual bool IsPassing => Status is null or HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError;
}

/// <summary>What came has not the digest or the size that was asked for. Nothing of it is kept.</summary>
public sealed class CorruptContentException(string message) : RemoteException(message)
{
    public override bool IsPassing => false;
}
