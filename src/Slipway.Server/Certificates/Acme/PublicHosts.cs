using System.Text.RegularExpressions;
using Slipway.Model;
using Slipway.Server.Certificates.Acme.Proofs;

namespace Slipway.Server.Certificates.Acme;

/// <summary>Hosts of a table that an authority can be asked about.</summary>
static partial class PublicHosts
{
    /// <summary>
    /// Not names of this machine, addresses or single words; not previews, whose names hardly anybody puts into the DNS; nor those whose app wants the
    /// platform's own certificates.
    /// </summary>
    /// <param name="wildcards">Those too: an authority gives them only to who can change the DNS (RFC 8555, section 8.4).</param>
    public static IReadOnlySet<string> Of(RouteTable table, bool wildcards)
    {
        var hosts = new HashSet<string>(StringComparer.Ordinal);
        foreach (var route in table.Routes.Where(route => !route.IsPreview && route.Https is not ({ Mode: HttpsMode.Off } or { OwnCertificate: true })))
            hosts.UnionWith(route.Hosts.Where(host => !host.EndsWith(".localhost", StringComparison.Ordinal) && Name().IsMatch(wildcards ? HostProof.NameOf(host) : host)));
        return hosts;
    }

    // The last label of a name is none of digits alone (RFC 1123, section 2.1), so that this is no IPv4 address.
    [GeneratedRegex(@"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
