using System.Text.Json;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Following;

/// <summary>
/// Shows an app's rollout while it goes on, a canary with both releases' traffic: drawn again each second on a terminal, a line for each change
/// elsewhere. A server that restarts in between is waited for.
/// </summary>
sealed class CanaryWatch(Shell shell, ApiClient api, TimeProvider time, bool json)
{
    static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    readonly Paint _paint = Paint.For(shell);
    readonly LiveRegion? _region = shell.Colors && !json ? new LiveRegion(shell.Out, LiveRolloutView.TerminalSize) : null;
    string? _before;
    long? _lostAt;

    /// <returns>The exit code: done, also where nothing is to be watched; failed where the rollout did.</returns>
    public async Task<int> Run(AppName app, CancellationToken cancel)
    {
        long? watched = null;
        try
        {
            while (true)
            {
                if (await Look(app, watched, cancel) is { } rollout)
                {
                    if (rollout.State.IsEnded) return await End(rollout, isNew: watched is null, cancel);
                    watched = rollout.Id;
                }
                else if (watched is null && _lostAt is null)
                {
                    shell.Out.WriteLine($"No rollout of {app} is under way, and none was.");
                    return ExitCode.Done;
                }
                await Task.Delay(Tick, time, cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Who ends the watching ends nothing else.
            return ExitCode.Done;
        }
    }

    /// <summary>The rollout that goes on, or the last one, shown; null where there is none, or no server answers just now.</summary>
    async Task<Rollout?> Look(AppName app, long? watched, CancellationToken cancel)
    {
        try
        {
            var rollout = watched is { } id ? await api.Rollout(id, cancel) : (await api.App(app, cancel)).Rollout;
            _lostAt = null;
            if (rollout is { State.IsEnded: false }) Show(rollout, rollout.Canary is null ? null : await api.Canary(rollout.Id, cancel));
            return rollout;
        }
        catch (Exception away) when (away is ServerUnavailableException || (away is ApiException { Problem.Status: 502 or 503 } && watched is not null))
        {
            if (watched is null) throw;
            _lostAt ??= time.GetTimestamp();
            if (time.GetElapsedTime(_lostAt.Value) > RolloutFollower.Patience) throw;
            return null;
        }
    }

    void Show(Rollout rollout, CanaryStatus? canary)
    {
        var key = CanaryPicture.Key(rollout, canary);
        if (_region is not null)
        {
            _region.Draw([], canary is null ? [new ToneLine(Tone.Plain, CanaryPicture.Line(rollout, null))] : CanaryPicture.Of(canary, shell.Columns));
        }
        else if (key != _before)
        {
            if (!json) shell.Out.WriteLine($"{time.GetLocalNow():HH:mm:ss} {CanaryPicture.Line(rollout, canary)}");
            else shell.Out.WriteLine(canary is null ? JsonSerializer.Serialize(rollout, ModelJson.Default.Rollout) : JsonSerializer.Serialize(canary, ModelJson.Default.CanaryStatus));
            shell.Out.Flush();
        }
        _before = key;
    }

    async Task<int> End(Rollout rollout, bool isNew, CancellationToken cancel)
    {
        var canary = rollout.Canary is null ? null : await api.Canary(rollout.Id, cancel);
        _region?.Draw([], []);
        if (json)
        {
            shell.Out.WriteLine(canary is null ? JsonSerializer.Serialize(rollout, ModelJson.Default.Rollout) : JsonSerializer.Serialize(canary, ModelJson.Default.CanaryStatus));
        }
        else
        {
            if (isNew) shell.Out.WriteLine($"No rollout of {rollout.App} is under way. The last one:");
            shell.Out.WriteLine($"{(rollout.State == RolloutState.Done ? _paint.Green("✔") : _paint.Red("✘"))} {CanaryPicture.Line(rollout, null)}");
            if (rollout.Error is { } why)
                foreach (var line in why.Split('\n')) shell.Out.WriteLine("  " + Readable.Line(line));
        }
        return isNew || rollout.State == RolloutState.Done ? ExitCode.Done : ExitCode.Failed;
    }
}
