using System.Globalization;
using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>https</c>, <c>https-ports</c>, <c>hsts</c> and <c>certificate</c> of <c>x-release</c>.</summary>
static class HttpsReader
{
    const string Modes = "both, redirect, only or off";

    /// <summary>Null where nothing is said: http and https are both answered.</summary>
    public static HttpsPolicy? Read(Field release)
    {
        var (https, hsts) = (release["https"], release["hsts"]);
        var mode = Mode(https);
        var duration = hsts.Duration();
        if (duration is not null && mode == HttpsMode.Off)
            hsts.Error("hsts tells browsers to use https alone, and https is off", "another https, or no hsts");
        var own = IsOwn(release["certificate"]);
        return mode == HttpsMode.Both && duration is null && !own ? null
            : new HttpsPolicy { Mode = mode, Hsts = duration is { } time ? (long)time.TotalSeconds : null, OwnCertificate = own };
    }

    /// <param name="release">The policy.</param>
    /// <param name="published">The service's ports at the gateway; those on which TLS is spoken are marked.</param>
    /// <param name="https">What was read of it.</param>
    public static IReadOnlyList<GatewayPort> Ports(Field release, IReadOnlyList<GatewayPort> published, HttpsPolicy? https)
    {
        var field = release["https-ports"];
        var asked = field.Texts();
        if (asked is [] or ["false"]) return published;
        if (https is { Mode: HttpsMode.Off }) field.Error("https is off: there is no certificate that TLS could be spoken with", "another https, or no https-ports");
        if (asked is ["true"]) return [.. published.Select(port => port with { Tls = true })];
        var known = published.Select(port => port.Port.ToString(CultureInfo.InvariantCulture)).Distinct().ToList();
        foreach (var port in asked.Where(port => !known.Contains(port)))
            field.Error($"'{port}' is no port of the host that goes to the service through the gateway", known.Count > 0 ? $"true, or of {string.Join(", ", known)}" : "a port in 'ports' with one of the host, like \"5443:5000\"", port);
        return [.. published.Select(port => port with { Tls = asked.Contains(port.Port.ToString(CultureInfo.InvariantCulture)) })];
    }

    static bool IsOwn(Field certificate)
    {
        switch (certificate.Text())
        {
            case null or "acme":
                return false;
            case "own":
                return true;
            case var text:
                certificate.Error($"'{text}' is no source of certificates", "acme or own");
                return false;
        }
    }

    static HttpsMode Mode(Field https)
    {
        switch (https.Text())
        {
            case null or "both":
                return HttpsMode.Both;
            case "redirect":
                return HttpsMode.Redirect;
            case "only":
                return HttpsMode.Only;
            // YAML 1.1 knows them as one word.
            case "off" or "false":
                return HttpsMode.Off;
            case var text:
                https.Error($"'{text}' says nothing about https", Modes);
                return HttpsMode.Both;
        }
    }
}
