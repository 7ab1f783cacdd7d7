using System.Globalization;
using Slipway.Model;
using Slipway.Registry;
using Slipway.Releases;

namespace Slipway.Server.Builds;

/// <summary>
/// Names the images of releases for people (guestbook/web:v2), in place of the names under which they were pushed (rollout-7). Releases themselves go by
/// digests and don't depend on this.
/// </summary>
sealed partial class ImageTags(ReleaseQueries releases, ImageCatalog catalog, ILogger<ImageTags> logger)
{
    /// <summary>Of the tags that images have until their release has a number.</summary>
    public const string PushPrefix = "rollout-";

    public async Task Name(Release release)
    {
        foreach (var image in release.Images.Values)
            if (image.Split('@') is [var repository, var digest] && !await catalog.Tag(repository, $"v{release.Number}", Digest.Parse(digest)))
                LogNotTagged(image, release.Number);
    }

    /// <summary>Pushes whose rollout is no longer being built lose their names. The images stay, under their releases' names or none.</summary>
    public async Task ForgetPushes(AppName app, CancellationToken cancel)
    {
        var prefix = $"{app}/";
        foreach (var repository in catalog.Repositories(prefix, int.MaxValue).TakeWhile(name => name.StartsWith(prefix, StringComparison.Ordinal)))
            foreach (var tag in catalog.Tags(repository, PushPrefix, int.MaxValue).TakeWhile(name => name.StartsWith(PushPrefix, StringComparison.Ordinal)))
                if (long.TryParse(tag.AsSpan(PushPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var rollout)
                    && releases.Rollout(rollout) is not { State: RolloutState.Queued or RolloutState.Building })
                    await catalog.Untag(repository, tag, cancel);
    }

    /// <summary>What a server that was killed between a release and its names left undone.</summary>
    public async Task CatchUp(CancellationToken cancel)
    {
        foreach (var app in releases.Apps().Select(status => status.App))
        {
            foreach (var number in releases.Releases(app).Select(release => release.Number))
                if (releases.Release(app, number) is { } release && release.Images.Values.Any(image => catalog.Find(image.Split('@')[0], $"v{number}") is null))
                    await Name(release);
            await ForgetPushes(app, cancel);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Image} could not be tagged v{Release}: the registry does not have it")]
    partial void LogNotTagged(string image, int release);
}
