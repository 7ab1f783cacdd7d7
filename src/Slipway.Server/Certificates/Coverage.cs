namespace Slipway.Server.Certificates;

/// <summary>Which hosts some certificates are for.</summary>
sealed class Coverage(IEnumerable<string> names)
{
    readonly HashSet<string> _names = [.. names];

    public Coverage(IEnumerable<CertificateRow> rows) : this(rows.SelectMany(row => row.HostList)) { }

    /// <summary>By its own name, or by a wildcard, which stands for exactly one label.</summary>
    public bool Covers(string host) =>
        _names.Contains(host) || (host.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && _names.Contains("*" + host[dot..]));
}
