using Slipway.Model;
using Slipway.Registry;
using Slipway.Registry.Rules;
using Slipway.Releases;
using Slipway.Server.Members;
using Slipway.Server.Notifications;

namespace Slipway.Server.Apps;

/// <summary>
/// An app goes with its images: first all that runs of it, then its repositories in our registry. What a server could not finish, killed or with a full
/// disk, is finished later: the removal is stored until both are gone.
/// </summary>
sealed partial class AppRemoval(Rollouts rollouts, Previews previews, ImageCatalog images, AppMembers members, ReleaseWebhooks hooks, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<AppRemoval> logger) : BackgroundService
{
    static readonly TimeSpan LooksEvery = TimeSpan.FromSeconds(10);

    // One at a time: when the first has freed the name, an app that takes it must not lose its images to a second.
    readonly SemaphoreSlim _removing = new(1, 1);

    /// <summary>Ends when the app and its previews are gone. Not bound to a request: whoever asked may go away meanwhile.</summary>
    public async Task Remove(AppName app, bool volumes, string? by = null)
    {
        var its = previews.Of(app);
        await rollouts.Remove(app, volumes, lifetime.ApplicationStopping, by);
        foreach (var one in its.Append(app)) await RemoveImages(one, lifetime.ApplicationStopping);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var timer = new PeriodicTimer(LooksEvery, time);
        do
        {
            foreach (var app in rollouts.Removals()) await Finish(app, stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    async Task Finish(AppName app, CancellationToken stopping)
    {
        try
        {
            // One that still runs is looked at again later: no other removal has to wait for its drain.
            if (rollouts.IsGone(app)) await RemoveImages(app, stopping);
        }
        catch (Exception broken) when (!stopping.IsCancellationRequested)
        {
            LogNotRemoved(broken, app);
        }
    }

    public override void Dispose()
    {
        _removing.Dispose();
        base.Dispose();
    }

    async Task RemoveImages(AppName app, CancellationToken stopping)
    {
        await _removing.WaitAsync(stopping);
        try
        {
            if (!rollouts.Removals().Contains(app)) return;
            await RemoveRepositories(app, stopping);
            await members.Forget(app, stopping);
            await hooks.Forget(app, stopping);
            await rollouts.ForgetRemoval(app, stopping);
        }
        finally
        {
            _removing.Release();
        }
    }

    async Task RemoveRepositories(AppName app, CancellationToken stopping)
    {
        var prefix = $"{app}/";
        // APP/SERVICE and no deeper: base/REGISTRY/REPOSITORY are the base images, whatever an app is called.
        foreach (var repository in images.Repositories(prefix, int.MaxValue).TakeWhile(name => name.StartsWith(prefix, StringComparison.Ordinal)))
            if (!repository.AsSpan(prefix.Length).Contains('/')) await RemoveRepository(repository, stopping);
    }

    async Task RemoveRepository(string repository, CancellationToken stopping)
    {
        try
        {
            if (await images.DeleteRepository(repository, stopping)) LogRemoved(repository);
        }
        catch (RuleRefusedException refused)
        {
            // The rule is the stronger word: the app goes, its immutable images stay.
            LogKept(repository, refused.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The repository {Repository} stays though its app is removed: {Reason}")]
    partial void LogKept(string repository, string reason);

    [LoggerMessage(LogLevel.Information, "Removed the repository {Repository} with its app")]
    partial void LogRemoved(string repository);

    [LoggerMessage(LogLevel.Error, "The images of {App}, which is removed, could not be removed, and are tried again")]
    partial void LogNotRemoved(Exception error, AppName app);
}
