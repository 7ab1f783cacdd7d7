using System.Data.Common;
using Slipway.Model;
using Slipway.Registry.Images;
using Slipway.Releases;

namespace Slipway.Server.Apps;

/// <summary>Tells the registry which of its images the apps' releases need.</summary>
static class ReleasedImages
{
    public static IReadOnlyList<ImageUse> Of(DbConnection connection) =>
    [
        .. from used in ReleaseQueries.InUse(connection)
           from image in used.Release.Images.Values
           let parts = image.Split('@')
           where parts.Length == 2 && Digest.TryParse(parts[1], out _)
           select new ImageUse(parts[0], Digest.Parse(parts[1]), $"{used.Release.App} v{used.Release.Number} ({used.Standing.ToString().ToLowerInvariant()})"),
    ];
}
