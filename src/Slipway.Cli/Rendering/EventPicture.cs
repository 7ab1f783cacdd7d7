using System.Globalization;
using Slipway.Model;

namespace Slipway.Cli.Rendering;

/// <summary>One event of the releases in a line. Pure.</summary>
static class EventPicture
{
    /// <summary>2026-11-29 10:00:00  shop  v42  step-entered  step 2, with 25% of the requests  by alice</summary>
    public static string Line(ReleaseEvent happened)
    {
        var words = new List<string>
        {
            happened.Time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), happened.App?.Value ?? "all apps", happened.Type,
        };
        if (happened.Release is { } release) words.Add($"v{release}");
        if (happened.Text is { } text) words.Add(Readable.Line(text));
        if (happened.By is { } by) words.Add($"by {Readable.Line(by)}");
        return string.Join("  ", words);
    }
}
