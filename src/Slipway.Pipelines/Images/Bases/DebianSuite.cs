using Slipway.Model;

namespace Slipway.Pipelines.Images.Bases;

/// <summary>A release of Debian that can be made with mmdebstrap, and whether documentation is left out as in Docker's -slim images.</summary>
/// <param name="Name">Its code name, which is the only text from outside that ever reaches a command line: always one of the table.</param>
/// <param name="HasUpdates">Has suites for updates and security; sid has none.</param>
internal sealed record DebianSuite(string Name, bool HasUpdates, bool Slim)
{
    // As of Debian 13: a new stable release changes this table.
    static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["bullseye"] = "bullseye", ["11"] = "bullseye", ["oldoldstable"] = "bullseye",
        ["bookworm"] = "bookworm", ["12"] = "bookworm", ["oldstable"] = "bookworm",
        ["trixie"] = "trixie", ["13"] = "trixie", ["stable"] = "trixie", ["latest"] = "trixie",
        ["forky"] = "forky", ["14"] = "forky", ["testing"] = "forky",
        ["sid"] = "sid", ["unstable"] = "sid",
    };

    /// <summary>What can be asked for, for messages.</summary>
    public static string Known => string.Join(", ", Names.Keys.Order(StringComparer.Ordinal));

    /// <summary>Null where the image is not Debian's own, or is a version that can't be made again (12.5, bookworm-20240110).</summary>
    public static DebianSuite? Of(ImageReference reference)
    {
        const string SlimSuffix = "-slim";
        if (reference is not { Registry: ImageReference.DockerHub, Repository: "library/debian", Digest: null, Tag: { } tag }) return null;
        var isSlim = tag.EndsWith(SlimSuffix, StringComparison.Ordinal);
        if (!Names.TryGetValue(isSlim ? tag[..^SlimSuffix.Length] : tag, out var name)) return null;
        return new DebianSuite(name, name != "sid", isSlim);
    }
}
