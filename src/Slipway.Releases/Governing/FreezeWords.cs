using System.Globalization;
using Slipway.Model;

namespace Slipway.Releases.Governing;

/// <summary>A freeze as sentences.</summary>
static class FreezeWords
{
    /// <summary>shop is frozen since 2026-11-27 08:00 UTC by alice until 2026-11-30 08:00 UTC: black friday. To lift it: slipway unfreeze shop</summary>
    public static string Refusal(Freeze freeze, AppName app) => $"{Of(freeze, app)}. To lift it: slipway unfreeze {(freeze.Platform ? "--all" : app)}";

    public static string Of(Freeze freeze, AppName app) => $"{(freeze.Platform ? "the platform" : app)} is frozen since {At(freeze.Since)}{By(freeze)}{Until(freeze)}: {freeze.Reason}";

    public static string Until(Freeze freeze) => freeze.Until is { } until ? $" until {At(until)}" : "";

    static string By(Freeze freeze) => freeze.By is { } by ? $" by {by}" : "";

    static string At(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
