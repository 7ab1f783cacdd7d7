using System.Collections.Frozen;
using Slipway.Model;

namespace Slipway.Gateway.Certificates;

/// <summary>A <see cref="CertificateSet"/> as handshakes read it; immutable.</summary>
sealed class CompiledCertificates
{
    readonly FrozenDictionary<string, ServerCertificate> _exact;
    readonly FrozenDictionary<string, ServerCertificate>.AlternateLookup<ReadOnlySpan<char>> _wildcards;
    readonly IReadOnlyList<ServerCertificate> _all;

    /// <param name="before">What was served until now: what has not changed is taken over.</param>
    /// <exception cref="InvalidInputException">One of them can't be served with.</exception>
    public CompiledCertificates(CertificateSet set, CompiledCertificates? before)
    {
        var known = before?._all.DistinctBy(one => one.Source.Name).ToDictionary(one => one.Source.Name) ?? [];
        _all = [.. set.Certificates.Select(source => known.TryGetValue(source.Name, out var same) && same.IsSame(source) ? same : ServerCertificate.Load(source))];
        var (exact, wildcards) = (new Dictionary<string, ServerCertificate>(StringComparer.OrdinalIgnoreCase), new Dictionary<string, ServerCertificate>(StringComparer.OrdinalIgnoreCase));
        foreach (var certificate in _all)
            foreach (var host in certificate.Source.Hosts)
                if (host.StartsWith("*.", StringComparison.Ordinal)) wildcards.TryAdd(host[2..], certificate);
                else exact.TryAdd(host, certificate);
        _exact = exact.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        _wildcards = wildcards.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
        Challenges = set.Challenges.DistinctBy(c => (c.Host, c.Token)).ToFrozenDictionary(c => (c.Host, c.Token), c => c.Answer);
        HasChallenges = Challenges.Count > 0;
        Handshakes = set.HandshakeChallenges.DistinctBy(c => c.Host).ToFrozenDictionary(
            c => c.Host, c => before?.Handshakes.GetValueOrDefault(c.Host) is { } open && open.Source == c ? open : new ChallengeCertificate(c), StringComparer.OrdinalIgnoreCase);
        Revision = set.Revision;
    }

    public string Revision { get; }

    /// <summary>All that most requests ask.</summary>
    public bool HasChallenges { get; }

    public FrozenDictionary<(string Host, string Token), string> Challenges { get; }

    /// <summary>By host, what is asked for in a handshake.</summary>
    public FrozenDictionary<string, ChallengeCertificate> Handshakes { get; }

    /// <summary>The host's own before a wildcard's, which stands for exactly one label (RFC 9525, section 6.3).</summary>
    public ServerCertificate? Find(string host)
    {
        if (host.EndsWith('.')) host = host[..^1];
        if (_exact.TryGetValue(host, out var own)) return own;
        var dot = host.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && _wildcards.TryGetValue(host.AsSpan(dot + 1), out var wildcard) ? wildcard : null;
    }
}
