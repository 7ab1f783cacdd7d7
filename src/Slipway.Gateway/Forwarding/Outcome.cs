namespace Slipway.Gateway.Forwarding;

/// <summary>How one attempt to have a request answered by an instance ended.</summary>
enum Outcome
{
    /// <summary>The whole answer went to the client, or the connection was upgraded and has ended.</summary>
    Done,

    /// <summary>The instance took no connection: another one may.</summary>
    Refused,

    /// <summary>The connection ended before the instance can have begun with the request: it may be sent again.</summary>
    Unsent,

    /// <summary>The connection ended after the request was sent and before any byte of an answer.</summary>
    Unanswered,

    /// <summary>The instance's answer is no HTTP, or its head broke off.</summary>
    Broken,

    /// <summary>TLS could not be begun with the instance, mostly because its certificate is not believed; no request was sent.</summary>
    Untrusted,

    /// <summary>A WebSocket was asked for, and the instance takes none over HTTP/2 (RFC 8441).</summary>
    NoWebSockets,

    /// <summary>No connection in time; no request was sent.</summary>
    ConnectTimedOut,

    /// <summary>No answer in time.</summary>
    AnswerTimedOut,

    /// <summary>The answer broke off when the client already had a part of it.</summary>
    BrokenOff,

    /// <summary>There is an answer, and it is not for the client: another instance is asked (see <see cref="Retrying.RetryState"/>).</summary>
    GivenUp,

    /// <summary>The client went away, or its body broke off.</summary>
    ClientGone,

    /// <summary>The client's body is no HTTP; Kestrel answers.</summary>
    ClientFault,
}
