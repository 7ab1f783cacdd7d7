using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Cli.Following;
using Slipway.Model;

namespace Slipway.Cli.Commands;

static class DeployCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("deploy");
        var texts = context.Texts;
        var folder = new Argument<string?>("DIR") { Description = texts["deploy DIR"], Arity = ArgumentArity.ZeroOrOne };
        var app = new Option<string?>("--app") { Description = texts["deploy --app"], HelpName = "NAME" };
        var files = new Option<string[]>("--file", "-f") { Description = texts["deploy --file"], HelpName = "FILE" };
        var promote = new Option<bool>("--promote") { Description = texts["deploy --promote"] };
        var preview = new Option<string?>("--preview") { Description = texts["deploy --preview"], HelpName = "NAME" };
        var lasts = new Option<string?>("--for") { Description = texts["deploy --for"], HelpName = "TIME" };
        var noCache = new Option<bool>("--no-cache") { Description = texts["deploy --no-cache"] };
        var profiles = new Option<string[]>("--profile") { Description = texts["--profile"], HelpName = "NAME" };
        var note = new Option<string?>("--note") { Description = texts["deploy --note"], HelpName = "TEXT" };
        var detach = new Option<bool>("--detach", "-d") { Description = texts["deploy --detach"] };
        var (despiteFreeze, despiteApprovals) = (context.DespiteFreeze(), context.DespiteApprovals());
        var json = context.Json();
        command.Arguments.Add(folder);
        foreach (var option in (Option[])[app, files, preview, lasts, promote, noCache, profiles, note, detach, despiteFreeze, despiteApprovals, json]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var (model, input) = DeployInput.Read(context, parsed.GetValue(folder), parsed.GetValue(files), parsed.GetValue(profiles), parsed.GetValue(app));
            var source = input with { NoCache = parsed.GetValue(noCache), Note = parsed.GetValue(note) };
            var time = parsed.GetValue(lasts) is { } given ? PreviewCommand.Time(given) : null;
            if (time is not null && parsed.GetValue(preview) is null) throw new CommandFailedException("--for is how long a preview lasts: give --preview NAME too.", ExitCode.BadInput);
            using var api = context.Connect(parsed);
            var rollout = parsed.GetValue(preview) is { } branch
                ? await api.DeployPreview(model.Name, branch, source, time, parsed.GetValue(despiteFreeze), cancel)
                : await api.Deploy(model.Name, source, parsed.GetValue(promote), cancel, parsed.GetValue(despiteFreeze), parsed.GetValue(despiteApprovals));
            if (parsed.GetValue(detach))
            {
                if (parsed.GetValue(json)) context.WriteJson(await api.Document($"/rollouts/{rollout.Id}", cancel));
                else context.Shell.Out.WriteLine($"Rollout {rollout.Id} of {rollout.App} is {rollout.State.ToString().ToLowerInvariant()}; 'slipway apps' shows how it goes on.");
                return ExitCode.Done;
            }
            // An experiment runs for days: that it has begun is what a deploy waits for.
            var isExperiment = parsed.GetValue(preview) is null && model.Services.Any(service => service.Release.Canary?.Ab is not null);
            // One that is promoted at once holds only where it failed past a one-way step.
            bool NeedsPerson(RolloutState state) => state == RolloutState.Holding || (!parsed.GetValue(promote) && isExperiment && state == RolloutState.Shifting);
            return await new RolloutWatch(context.Shell, api, TimeProvider.System, parsed.GetValue(json)).Run(rollout, 0, NeedsPerson, cancelsBuild: true, cancel);
        });
        return command;
    }
}
