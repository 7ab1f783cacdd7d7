using System.CommandLine;
using Slipway.Cli.Following;
using Slipway.Model;
using Slipway.Releases.Compose;

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
        var noCache = new Option<bool>("--no-cache") { Description = texts["deploy --no-cache"] };
        var profiles = new Option<string[]>("--profile") { Description = texts["--profile"], HelpName = "NAME" };
        var note = new Option<string?>("--note") { Description = texts["deploy --note"], HelpName = "TEXT" };
        var detach = new Option<bool>("--detach", "-d") { Description = texts["deploy --detach"] };
        var (despiteFreeze, despiteApprovals) = (context.DespiteFreeze(), context.DespiteApprovals());
        var json = context.Json();
        command.Arguments.Add(folder);
        foreach (var option in (Option[])[app, files, promote, noCache, profiles, note, detach, despiteFreeze, despiteApprovals, json]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            AppName? named = parsed.GetValue(app) is { } text ? CommandContext.Name(text) : null;
            var request = ComposeInput.Request(context.Shell, parsed.GetValue(folder), parsed.GetValue(files) ?? [], parsed.GetValue(profiles) ?? [], named);
            var check = ComposeFile.Check(request);
            foreach (var warning in check.Diagnostics.Where(diagnostic => diagnostic.Severity == Severity.Warning)) context.Shell.Error.WriteLine(warning);
            if (check.Model is not { } model) throw new InvalidInputException([.. check.Diagnostics.Where(diagnostic => diagnostic.Severity == Severity.Error)]);

            var source = new DeploySource
            {
                Directory = request.Directory,
                Files = request.Files,
                Variables = Chosen(context.Shell.Variables, check.VariablesUsed),
                Profiles = request.Profiles,
                NoCache = parsed.GetValue(noCache),
                Note = parsed.GetValue(note),
            };
            using var api = context.Connect(parsed);
            var rollout = await api.Deploy(model.Name, source, parsed.GetValue(promote), cancel, parsed.GetValue(despiteFreeze), parsed.GetValue(despiteApprovals));
            if (parsed.GetValue(detach))
            {
                if (parsed.GetValue(json)) context.WriteJson(await api.Document($"/rollouts/{rollout.Id}", cancel));
                else context.Shell.Out.WriteLine($"Rollout {rollout.Id} of {model.Name} is {rollout.State.ToString().ToLowerInvariant()}; 'slipway apps' shows how it goes on.");
                return ExitCode.Done;
            }
            // An experiment runs for days: that it has begun is what a deploy waits for.
            var isExperiment = model.Services.Any(service => service.Release.Canary?.Ab is not null);
            bool NeedsPerson(RolloutState state) => !parsed.GetValue(promote) && (state == RolloutState.Holding || (isExperiment && state == RolloutState.Shifting));
            return await new RolloutWatch(context.Shell, api, TimeProvider.System, parsed.GetValue(json)).Run(rollout, 0, NeedsPerson, cancelOnInterrupt: true, cancel);
        });
        return command;
    }

    /// <summary>Only what the files refer to leaves the person's shell, and what tells Compose which files and profiles to take.</summary>
    internal static Dictionary<string, string> Chosen(IReadOnlyDictionary<string, string> shell, IReadOnlyCollection<string> used) =>
        shell.Where(variable => used.Contains(variable.Key) || variable.Key is "COMPOSE_FILE" or "COMPOSE_PATH_SEPARATOR" or "COMPOSE_PROFILES" or "COMPOSE_PROJECT_NAME")
            .ToDictionary(StringComparer.Ordinal);
}
