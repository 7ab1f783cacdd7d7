namespace Slipway.Server.Certificates.Acme.Proofs;

/// <summary>How an authority is shown that a host is ours (RFC 8555, section 8).</summary>
abstract class HostProof
{
    /// <summary>As the authority calls it.</summary>
    public abstract string Type { get; }

    /// <summary>What is looked at for a host: of a wildcard the name behind "*." (RFC 8555, section 7.1.3).</summary>
    public static string NameOf(string host) => host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host;

    /// <summary>Returns when the authority may look.</summary>
    /// <param name="host">See <see cref="NameOf"/>.</param>
    /// <param name="token">The authority's, of letters, digits, '-' and '_'.</param>
    /// <param name="authorization">The key authorization, section 8.1.</param>
    /// <param name="cancel">Before it is shown.</param>
    /// <exception cref="AcmeException">It can't be shown.</exception>
    public abstract Task Show(string host, string token, string authorization, CancellationToken cancel);

    /// <summary>The authority has looked, or never will. Takes back everything of the host that was shown.</summary>
    public abstract Task Withdraw(string host);

    /// <summary>The authority looked and found something else; what a person can do about it.</summary>
    /// <param name="kind">The error, section 6.7.</param>
    public abstract string Failure(string host, string? kind);
}
