using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Following;

/// <summary>What a person sees between asking for a rollout and its end: progress, then where the app is reached or why it failed.</summary>
sealed class RolloutWatch(Shell shell, ApiClient api, TimeProvider time, bool json)
{
    readonly Paint _paint = Paint.For(shell);

    TextWriter Output => json ? shell.Error : shell.Out;

    /// <param name="from">Index of the first event to show: a promote does not tell the build again.</param>
    /// <param name="until">States, besides the ended ones, in which a person is needed.</param>
    /// <param name="cancelsBuild">Ctrl-C cancels the rollout while it has no release yet. What has one goes on: Ctrl-C ends the looking alone.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> Run(Rollout rollout, long from, Func<RolloutState, bool> until, bool cancelsBuild, CancellationToken cancel)
    {
        FollowEnd end;
        await using (var view = MakeView())
        {
            var follower = new RolloutFollower(api, view, time);
            try
            {
                end = await follower.Follow(rollout, from, until, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                var now = cancelsBuild ? await api.CancelBuild(rollout.Id, CancellationToken.None) : await api.Rollout(rollout.Id, CancellationToken.None);
                if (!now.State.IsEnded)
                {
                    GoesOn(view, now);
                    return ExitCode.Failed;
                }
                end = await follower.Follow(rollout, from, _ => false, CancellationToken.None);
            }
        }
        return await Report(rollout, end);
    }

    /// <summary>Index after the last event so far.</summary>
    public static async Task<long> CountEvents(ApiClient api, long rollout, CancellationToken cancel)
    {
        long next = 0;
        await foreach (var entry in api.Events(rollout, 0, follow: false, cancel)) next = entry.Index + 1;
        return next;
    }

    IRolloutView MakeView() => shell.Colors && !json ? new LiveRolloutView(shell.Out, time) : new PlainRolloutView(Output);

    static void GoesOn(IRolloutView view, Rollout rollout)
    {
        view.Say($"Rollout {rollout.Id} of {rollout.App} goes on at the server{(rollout.Release is { } release ? $": v{release} is {Readable.State(rollout.State)}" : "")}.");
        view.Say($"  to look on   slipway watch {rollout.App}");
        if (rollout.State != RolloutState.RollingBack) view.Say($"  to end it    slipway abort {rollout.App}");
    }

    async Task<int> Report(Rollout rollout, FollowEnd end)
    {
        var now = await Patiently(() => api.Rollout(rollout.Id, CancellationToken.None));
        // Of a preview people ask where it is and until when, which its rollout doesn't say.
        if (json) shell.Out.WriteLine(await Patiently(() => api.Document(rollout.Source?.Preview is null ? $"/rollouts/{rollout.Id}" : $"/apps/{rollout.App}", CancellationToken.None)));
        if (end.State is not (RolloutState.Done or RolloutState.Holding or RolloutState.Shifting)) return ReportFailure(rollout.App, now, end);

        if (end.State == RolloutState.Holding && now.OneWay is { } held)
        {
            shell.Error.WriteLine($"{_paint.Red("✘")} Rollout {now.Id} of {rollout.App} has failed and holds.");
            foreach (var line in held.Reason.Split('\n')) shell.Error.WriteLine("  " + Readable.Line(line));
            return ExitCode.Failed;
        }
        var app = await Patiently(() => api.App(rollout.App, CancellationToken.None));
        if (end.State == RolloutState.Shifting)
        {
            Output.WriteLine($"{_paint.Green("✔")} The experiment has begun: {app.App} v{end.Release} beside v{app.Live}.");
            foreach (var url in app.PreviewUrls) Output.WriteLine($"  preview  {_paint.Bold(url)}");
            foreach (var url in app.Urls) Output.WriteLine($"  shared   {url}");
            Output.WriteLine($"  next     slipway watch {rollout.App}");
            return ExitCode.Done;
        }
        if (end.State == RolloutState.Holding && now.Canary is { } canary)
        {
            var why = canary.Hold switch { CanaryHold.Approval => $"waits for {(canary.Asks is { } asks ? asks.Wanted : "an approval")}", CanaryHold.Frozen => "holds, because it is frozen", CanaryHold.NoData => "holds: the judge has no data", CanaryHold.Ended => "its experiment is over", _ => "is paused" };
            Output.WriteLine($"{_paint.Green("✔")} {rollout.App} v{end.Release} gets {CanaryPicture.Share(canary.Weight, canary.Mirror)} of the requests and {why}.");
            foreach (var url in app.PreviewUrls) Output.WriteLine($"  preview  {_paint.Bold(url)}");
            foreach (var url in app.Urls) Output.WriteLine($"  live     {url}  (v{app.Live})");
            Output.WriteLine($"  next     {app.Next ?? $"slipway promote {rollout.App}"}");
            return ExitCode.Done;
        }
        if (end.State == RolloutState.Holding)
        {
            Output.WriteLine($"{_paint.Green("✔")} {rollout.App} v{end.Release} is ready and {(now.Gate?.Asks is { } asked ? $"waits for {asked.Wanted}{CanaryPicture.GivenOf(now.Gate)}" : "gets no traffic yet")}.");
            foreach (var url in app.PreviewUrls) Output.WriteLine($"  preview  {_paint.Bold(url)}");
            foreach (var url in app.Urls) Output.WriteLine($"  live     {url}  (v{app.Live})");
            Output.WriteLine($"  next     {app.Next ?? $"slipway promote {rollout.App}"}");
            return ExitCode.Done;
        }
        var took = now.From is not null && end.Switch is { } lasted ? $" The {(end.Shifted ? "shift" : "switch")} took {Readable.Duration(lasted)}." : "";
        Output.WriteLine(now.Release is null || now.Release == now.From
            ? $"{_paint.Green("✔")} {end.Message ?? $"Nothing changed: {rollout.App} v{app.Live} stays live."}"
            : $"{_paint.Green("✔")} {rollout.App} v{now.Release} is live.{took}");
        foreach (var url in app.Urls) Output.WriteLine($"  {_paint.Bold(url)}");
        if (app.Preview is { } preview) Output.WriteLine($"  removed {PreviewPage.End(preview, time.GetUtcNow())}, or with: slipway preview rm {preview.Of} {preview.Name}");
        return ExitCode.Done;
    }

    /// <summary>A server that is killed just when a rollout has ended changes nothing of how it ended: it is waited for, as while following.</summary>
    async Task<T> Patiently<T>(Func<Task<T>> read)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await read();
            }
            catch (ServerUnavailableException) when (time.GetElapsedTime(began) < RolloutFollower.Patience)
            {
                await Task.Delay(RolloutFollower.Pause, time);
            }
        }
    }

    int ReportFailure(AppName app, Rollout now, FollowEnd end)
    {
        var stays = now.From is { } live ? $" v{live} stays live." : "";
        shell.Error.WriteLine($"{_paint.Red("✘")} Rollout {now.Id} of {app}: {Readable.State(end.State)}.{stays}");
        // Who cancelled it knows why.
        if (end.State != RolloutState.Cancelled && (now.Error ?? end.Message) is { } why)
            foreach (var line in why.Split('\n')) shell.Error.WriteLine("  " + Readable.Line(line));
        return ExitCode.Failed;
    }
}
