using Slipway.Server.Certificates.Acme.Proofs;

namespace Slipway.Server.Certificates.Acme;

/// <summary>The authority said no, or can't be talked to; the message is for people.</summary>
sealed class AcmeException(string message, AcmeProblem? problem = null, Exception? inner = null) : Exception(message, inner)
{
    public AcmeProblem? Problem { get; } = problem;

    public static AcmeException Of(string what, AcmeProblem problem) => new($"{what}: {(problem.Detail is { Length: > 0 } detail ? Short(detail) : problem.Kind)}", problem);

    /// <summary>Why a host could not be shown to be ours.</summary>
    public static AcmeException OfHost(string host, HostProof proof, AcmeProblem? problem)
    {
        var said = problem?.Detail is { Length: > 0 } detail ? $" (the authority says: {Short(detail)})" : "";
        return new(problem?.Kind switch
        {
            "dns" when proof is not DnsProof => $"The authority finds no address of {host} in the DNS. Its name must lead to this gateway",
            "caa" => $"The DNS of {host} (CAA) allows other authorities only",
            "rejectedIdentifier" => $"The authority gives no certificates for {host}",
            "rateLimited" => $"The authority has had too many requests for {host}",
            var kind => proof.Failure(host, kind),
        } + said, problem);
    }

    static string Short(string text) => new([.. (text.Length <= 500 ? text : text[..500]).Select(c => char.IsControl(c) ? ' ' : c)]);
}
