using Slipway.Model;
using Slipway.Registry;
using Slipway.Releases;

namespace Slipway.Server.Apps;

/// <summary>An app goes with its images: first all that runs of it, then its repositories in our registry.</summary>
sealed partial class AppRemoval(ReleaseQueries releases, Rollouts rollouts, ImageCatalog images, IHostApplicationLifetime lifetime, ILogger<AppRemoval> logger)
{
    /// <summary>Ends when the app is gone. Not bound to a request: whoever asked may go away meanwhile.</summary>
    public async Task Remove(AppName app, bool volumes)
    {
        var stopping = lifetime.ApplicationStopping;
        var repositories = releases.Releases(app).SelectMany(release => release.Images.Values).Select(image => image.Split('@')[0]).Distinct().ToList();
        await rollouts.Remove(app, volumes, stopping);
        foreach (var repository in repositories)
            if (repository.StartsWith($"{app}/", StringComparison.Ordinal) && await images.DeleteRepository(repository, stopping))
                LogRemoved(repository);
    }

    [LoggerMessage(LogLevel.Information, "Removed the repository {Repository} with its app")]
    partial void LogRemoved(string repository);
}
