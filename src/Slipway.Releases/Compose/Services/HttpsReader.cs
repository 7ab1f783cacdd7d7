using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>https</c>, <c>hsts</c> and <c>certificate</c> of <c>x-release</c>.</summary>
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
