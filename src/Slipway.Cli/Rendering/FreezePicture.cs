using System.Globalization;
using Slipway.Model;

namespace Slipway.Cli.Rendering;

/// <summary>A freeze in a line.</summary>
static class FreezePicture
{
    /// <summary>shop is frozen by alice until 2026-11-30 08:00: black friday</summary>
    /// <param name="app">Null: the platform.</param>
    public static string Text(Freeze freeze, AppName? app) =>
        $"{(freeze.Platform ? "All apps are" : $"{app} is")} frozen since {At(freeze.Since)}{(freeze.By is { } by ? $" by {by}" : "")}{(freeze.Until is { } until ? $" until {At(until)}" : "")}: {Readable.Line(freeze.Reason)}";

    /// <summary>A line for each freeze that the apps are under; that of the platform once.</summary>
    public static void Write(TextWriter output, Paint paint, IReadOnlyList<AppStatus> apps)
    {
        foreach (var text in apps.Where(app => app.Freeze is not null).Select(app => Text(app.Freeze!, app.App)).Distinct()) output.WriteLine(paint.Yellow(text));
    }

    static string At(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
