namespace Slipway.Gateway.Listening;

/// <summary>
/// TLS on a port that a route owns: with certificates of the route's hosts alone. By another app's certificate this one would answer in its name, and get its cookies,
/// which know no ports.
/// </summary>
/// <param name="hosts">As in the table.</param>
sealed class PortTls(IReadOnlyList<string> hosts)
{
    /// <summary>For clients that name no host, as those do that know but the address: there is only one whom they can mean. Null: it has wildcards alone.</summary>
    public string? Default { get; } = hosts.FirstOrDefault(host => host[0] != '*');

    public bool Covers(string name)
    {
        if (name.EndsWith('.')) name = name[..^1];
        foreach (var host in hosts)
            if (host[0] == '*' ? name.Length > host.Length - 1 && name.EndsWith(host[1..], StringComparison.OrdinalIgnoreCase) : name.Equals(host, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }
}
