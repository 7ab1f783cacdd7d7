using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>protocol</c> and <c>tls</c> of <c>x-release</c>: how the gateway speaks to instances.</summary>
static class ProtocolReader
{
    const string Schemes = "http, h2c, https, grpc or grpcs";

    /// <summary>Null: HTTP/1.1.</summary>
    public static UpstreamProtocol? Read(Field release, string service, Reading reading)
    {
        var (protocol, tls) = (release["protocol"], release["tls"]);
        var scheme = Scheme(protocol);
        if (scheme is not (UpstreamScheme.Https or UpstreamScheme.Grpcs))
        {
            if (!tls.IsMissing) tls.Error("tls says how TLS is spoken to the service, and its protocol has none", "protocol: https or grpcs, or no tls", "no TLS");
            return scheme == UpstreamScheme.Http ? null : new UpstreamProtocol { Scheme = scheme };
        }
        var (trust, authorities) = Trust(tls["verify"], reading);
        return new UpstreamProtocol { Scheme = scheme, Trust = trust, Authorities = authorities, ServerName = ServerName(tls["server-name"], service) };
    }

    static UpstreamScheme Scheme(Field field)
    {
        switch (field.Text())
        {
            case null or "http":
                return UpstreamScheme.Http;
            case "h2c":
                return UpstreamScheme.H2c;
            case "https":
                return UpstreamScheme.Https;
            case "grpc":
                return UpstreamScheme.Grpc;
            case "grpcs":
                return UpstreamScheme.Grpcs;
            case var text:
                field.Error($"the protocol '{text}' is not known", Schemes);
                return UpstreamScheme.Http;
        }
    }

    static (UpstreamTrust, string?) Trust(Field verify, Reading reading)
    {
        switch (verify.Text())
        {
            case null or "system" or "true":
                return (UpstreamTrust.System, null);
            case "none" or "false":
                return (UpstreamTrust.None, null);
            case var path:
                var full = reading.HostPathOf(verify, path);
                if (!File.Exists(full)) verify.Error($"{reading.Files.Show(full)} does not exist", "system, none, or a file with certificates of authorities (PEM)");
                else if (File.ReadAllText(full) is var pem && UpstreamTls.Authorities(pem).Count == 0) verify.Error($"{reading.Files.Show(full)} holds no certificate", "PEM: -----BEGIN CERTIFICATE-----");
                else return (UpstreamTrust.Authorities, pem);
                return (UpstreamTrust.System, null);
        }
    }

    /// <summary>By default the service's own name, by which its neighbours know it: an instance's address stands in no certificate.</summary>
    static string ServerName(Field field, string service)
    {
        if (field.Text() is not { } name) return service;
        if (!HostNames.IsValid(name.ToLowerInvariant())) field.Error($"'{name}' is no host name", "a DNS name, for example shop.internal");
        return name.ToLowerInvariant();
    }
}
