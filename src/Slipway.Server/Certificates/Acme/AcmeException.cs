namespace Slipway.Server.Certificates.Acme;

/// <summary>The authority said no, or can't be talked to; the message is for people.</summary>
sealed class AcmeException(string message, AcmeProblem? problem = null, Exception? inner = null) : Exception(message, inner)
{
    public AcmeProblem? Problem { get; } = problem;

    public static AcmeException Of(string what, AcmeProblem problem) => new($"{what}: {(problem.Detail is { Length: > 0 } detail ? Short(detail) : problem.Kind)}", problem);

    /// <summary>Why a host could not be shown to be ours.</summary>
    public static AcmeException OfHost(string host, AcmeProblem? problem)
    {
        var said = problem?.Detail is { Length: > 0 } detail ? $" (the authority says: {Short(detail)})" : "";
        return new(problem?.Kind switch
        {
            "dns" => $"The authority finds no address of {host} in the DNS. Its name must lead to this gateway{said}",
            "connection" => $"The authority can't reach http://{host}/. Does the name lead to this gateway, and can its port 80 be reached from outside?{said}",
            "unauthorized" or "incorrectResponse" => $"The authority asked http://{host}/ and somebody else answered. Does the name lead to this gateway?{said}",
            "caa" => $"The DNS of {host} (CAA) allows other authorities only{said}",
            "rejectedIdentifier" => $"The authority gives no certificates for {host}{said}",
            "rateLimited" => $"The authority has had too many requests for {host}{said}",
            _ => $"The authority could not see that {host} is served here{said}",
        }, problem);
    }

    static string Short(string text) => new([.. (text.Length <= 500 ? text : text[..500]).Select(c => char.IsControl(c) ? ' ' : c)]);
}
