using Slipway.Engines;
using Slipway.Model;
using Slipway.Pipelines.Images;
using Slipway.Releases;

namespace Slipway.Server.Builds;

/// <summary>
/// Takes the rollouts that are queued, makes their images and hands them over as releases: the way from <c>queued</c> to <c>staging</c>.
/// Killed anywhere on it, the next server takes the same rollouts and goes the way again; what was built and pushed costs next to nothing then.
/// </summary>
sealed partial class Builder(Rollouts rollouts, Previews previews, ReleaseQueries releases, AppImages images, DeployGate gate, ImageTags tags, RolloutJournal journal, TimeProvider time, ILogger<Builder> logger) : BackgroundService
{
    /// <summary>Apps at once. One app has one rollout at a time by itself.</summary>
    const int AtOnce = 2;

    static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        await CatchUp(stoppingToken);
        using var places = new SemaphoreSlim(AtOnce, AtOnce);
        var building = new List<Task>();
        try
        {
            while (true)
            {
                await places.WaitAsync(stoppingToken);
                building.RemoveAll(build => build.IsCompleted);
                building.Add(await TakeNext(places, stoppingToken));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(building);
        }
    }

    async Task CatchUp(CancellationToken stopping)
    {
        try
        {
            await tags.CatchUp(stopping);
        }
        catch (Exception broken) when (!stopping.IsCancellationRequested)
        {
            LogNotNamed(broken);
        }
    }

    /// <summary>Waits for the next rollout and begins to build it. A database that can't be written (a full disk) is tried again, not the end of the server.</summary>
    async Task<Task> TakeNext(SemaphoreSlim places, CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                var rollout = await rollouts.TakeQueued(stopping);
                return Task.Run(() => BuildInPlace(rollout, places, stopping), CancellationToken.None);
            }
            catch (Exception broken) when (!stopping.IsCancellationRequested)
            {
                LogNotTaken(broken);
                await Task.Delay(Pause, time, stopping);
            }
        }
    }

    async Task BuildInPlace(Rollout rollout, SemaphoreSlim places, CancellationToken stopping)
    {
        try
        {
            await Build(rollout, stopping);
        }
        catch (Exception notStored)
        {
            // Not even the failure could be stored: the rollout stays as building, and the next start builds it.
            LogBug(notStored, rollout.Id, rollout.App);
        }
        finally
        {
            places.Release();
        }
    }

    async Task Build(Rollout rollout, CancellationToken stopping)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(rollouts.CancellationOf(rollout.Id), stopping);
        try
        {
            await Make(rollout, ends.Token);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // Aborted, and stored as such by whoever aborted it; or the server stops, and the next one builds it.
            LogStopped(rollout.Id, rollout.App);
        }
        catch (Exception error)
        {
            var reason = ReasonOf(error);
            if (reason is null) LogBug(error, rollout.Id, rollout.App);
            else LogFailed(rollout.Id, rollout.App, reason);
            await rollouts.Fail(rollout.Id, reason ?? "Something is wrong in Slipway itself; the server's log says what.", CancellationToken.None);
            await tags.ForgetPushes(rollout.App, CancellationToken.None);
        }
    }

    async Task Make(Rollout rollout, CancellationToken cancel)
    {
        var source = rollout.Source ?? throw new InvalidOperationException($"Rollout {rollout.Id} is to be built and has no source.");
        var project = source.Preview?.Of ?? rollout.App;
        var compose = await Task.Run(() => SourceReader.Read(project, source), cancel);
        var (model, notes) = source.Preview is null ? (compose.Model, []) : previews.Make(compose.Model, source);
        var events = new JournalProgress(journal, rollout.Id, cancel);
        foreach (var warning in compose.Warnings)
            Note((warning with { Severity = Severity.Error }).ToString(), warning.Severity);
        foreach (var note in notes) Note(note, null);

        var git = await GitReader.Read(source.Directory, releases.LiveCommit(rollout.App), cancel);
        if (git is not null) Note(Describe(git), null);
        var made = await images.Make(model, rollout.Id, source.NoCache, events, cancel);
        await gate.Pass(project, model, made, warning => Note(warning, Severity.Warning), text => Note(text, null), cancel);
        var release = await rollouts.Stage(
            rollout.Id, model,
            made.ToDictionary(image => image.Key, image => image.Value.Image),
            made.ToDictionary(image => image.Key, image => image.Value.Facts), cancel, git);
        if (release is not null) await tags.Name(release);
        await tags.ForgetPushes(rollout.App, CancellationToken.None);

        void Note(string text, Severity? severity) => events.Report(new RolloutEvent.Note { Time = time.GetUtcNow(), Severity = severity, Text = text });
    }

    static string Describe(GitFacts git) =>
        $"commit {git.Commit[..12]}{(git.Branch is { } branch ? $" of {branch}" : "")}{(git.Dirty ? ", with changes that are not committed" : "")}: {git.Subject}"
        + (git.Since is null ? "" : $" ({(git.Commits.Count == 1 ? "1 commit" : $"{git.Commits.Count}{(git.HasMore ? " and more" : "")} commits")} since the live release{(git.Without > 0 ? $", without {git.Without} of it" : "")})");

    /// <summary>What a person can do something about; null: a bug.</summary>
    static string? ReasonOf(Exception error) => error switch
    {
        InvalidInputException or ConflictException or NotFoundException or EngineException => error.Message,
        EngineUnavailableException => $"{error.Message} The rollout ends here, and what was live is as it was: deploy again when the engine is back.",
        IOException or UnauthorizedAccessException or HttpRequestException => error.Message,
        AggregateException { InnerExceptions: [var one] } => ReasonOf(one),
        _ => null,
    };

    [LoggerMessage(LogLevel.Information, "Rollout {Rollout} of {App}: the build was stopped")]
    partial void LogStopped(long rollout, AppName app);

    [LoggerMessage(LogLevel.Information, "Rollout {Rollout} of {App} failed: {Reason}")]
    partial void LogFailed(long rollout, AppName app, string reason);

    [LoggerMessage(LogLevel.Error, "Rollout {Rollout} of {App} failed")]
    partial void LogBug(Exception error, long rollout, AppName app);

    [LoggerMessage(LogLevel.Error, "The next rollout can't be taken")]
    partial void LogNotTaken(Exception error);

    [LoggerMessage(LogLevel.Warning, "The names of images could not be put right")]
    partial void LogNotNamed(Exception error);
}
