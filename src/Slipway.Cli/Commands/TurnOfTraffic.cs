using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Cli.Following;
using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Commands;

/// <summary>What promote, pause, resume, rollback and abort have in common: ask for it, and follow what is new in the journal to the end.</summary>
static class TurnOfTraffic
{
    public static async Task<int> Run(CommandContext context, ParseResult parsed, string app, bool json, Func<ApiClient, AppName, Task<Rollout>> ask, CancellationToken cancel, bool aborting = false)
    {
        var name = CommandContext.Name(app);
        using var api = context.Connect(parsed);
        // A promote goes on with the rollout that was followed by 'deploy': what was shown there is not shown again.
        var before = (await api.App(name, cancel)).Rollout;
        var seen = before is { State.IsEnded: false } ? await RolloutWatch.CountEvents(api, before.Id, cancel) : 0;
        var rollout = await ask(api, name);
        var from = rollout.Id == before?.Id ? seen : 0;
        if (IsAtAStep(rollout)) return await Tell(context, api, rollout, json, cancel);
        // A rollback in the middle of a canary is its end.
        if (!aborting && rollout.State != RolloutState.RollingBack) return await new RolloutWatch(context.Shell, api, TimeProvider.System, json).Run(rollout, from, state => state == RolloutState.Holding, cancelsBuild: false, cancel);
        return await FollowAbort(context, api, rollout, from, json, cancel);
    }

    static bool IsAtAStep(Rollout rollout) => rollout is { Canary: not null, State: RolloutState.Shifting or RolloutState.Holding or RolloutState.Baking };

    /// <summary>A canary goes on for a long time: who asked it to is told where it is, and how to look on.</summary>
    static async Task<int> Tell(CommandContext context, ApiClient api, Rollout rollout, bool json, CancellationToken cancel)
    {
        if (json) context.WriteJson(await api.Document($"/rollouts/{rollout.Id}", cancel));
        else if (await api.Canary(rollout.Id, cancel) is { } canary)
        {
            context.Shell.Out.WriteLine(CanaryPicture.Line(rollout, canary with { Rollout = rollout, Now = null, Windows = [], Left = null }));
            context.Shell.Out.WriteLine($"To look on: slipway watch {rollout.App}");
        }
        return ExitCode.Done;
    }

    /// <summary>Here an end in rolled-back or cancelled is what was asked for.</summary>
    static async Task<int> FollowAbort(CommandContext context, ApiClient api, Rollout rollout, long from, bool json, CancellationToken cancel)
    {
        var output = json ? context.Shell.Error : context.Shell.Out;
        FollowEnd end;
        await using (var view = new PlainRolloutView(output))
            end = await new RolloutFollower(api, view, TimeProvider.System).Follow(rollout, from, _ => false, cancel);
        if (json) context.WriteJson(await api.Document($"/rollouts/{rollout.Id}", cancel));
        output.WriteLine($"Rollout {rollout.Id} of {rollout.App}: {Readable.State(end.State)}.{(rollout.From is { } live ? $" v{live} stays live." : "")}");
        return end.State is RolloutState.Done ? ExitCode.Failed : ExitCode.Done;
    }
}
