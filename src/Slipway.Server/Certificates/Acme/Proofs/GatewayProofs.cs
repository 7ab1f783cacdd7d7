using System.Security.Cryptography;
using System.Text;
using Slipway.Model;

namespace Slipway.Server.Certificates.Acme.Proofs;

/// <summary>A file at http://HOST/.well-known/acme-challenge/TOKEN (RFC 8555, section 8.3), which the gateway answers with.</summary>
sealed class HttpProof(OpenChallenges open, Func<CancellationToken, Task> publish) : GatewayProof(open, publish)
{
    public override string Type => "http-01";

    protected override void Open(OpenChallenges open, string host, string token, string authorization) => open.Open(new HttpChallenge(host, token, authorization));

    public override string Failure(string host, string? kind) => kind switch
    {
        "connection" => $"The authority can't reach http://{host}/. Does the name lead to this gateway, and can its port 80 be reached from outside?",
        "unauthorized" or "incorrectResponse" => $"The authority asked http://{host}/ and somebody else answered. Does the name lead to this gateway?",
        _ => $"The authority could not see that {host} is served here",
    };
}

/// <summary>A certificate in a handshake for acme-tls/1 (RFC 8737), which the gateway makes.</summary>
sealed class HandshakeProof(OpenChallenges open, Func<CancellationToken, Task> publish) : GatewayProof(open, publish)
{
    public override string Type => "tls-alpn-01";

    protected override void Open(OpenChallenges open, string host, string token, string authorization) =>
        open.Open(new HandshakeChallenge(host, Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(authorization)))));

    public override string Failure(string host, string? kind) => kind switch
    {
        "connection" or "tls" or "unauthorized" or "incorrectResponse" =>
            $"The authority asked https://{host}/ and this gateway did not answer. Does the name lead here, and can its port 443 be reached from outside, with nothing in front that ends TLS?",
        _ => $"The authority could not see that {host} is served here",
    };
}
