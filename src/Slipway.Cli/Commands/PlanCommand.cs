using System.CommandLine;
using System.Text.Json;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Commands;

/// <summary>What a deploy would do, and nothing of it done.</summary>
static class PlanCommand
{
    /// <summary>With --exit-code: there is something to deploy. Neither a failure nor wrong input.</summary>
    public const int Changes = 3;

    public static Command Make(CommandContext context)
    {
        var (command, texts) = (context.Command("release", "plan"), context.Texts);
        var folder = new Argument<string?>("DIR") { Description = texts["deploy DIR"], Arity = ArgumentArity.ZeroOrOne };
        var app = new Option<string?>("--app") { Description = texts["deploy --app"], HelpName = "NAME" };
        var files = new Option<string[]>("--file", "-f") { Description = texts["deploy --file"], HelpName = "FILE" };
        var profiles = new Option<string[]>("--profile") { Description = texts["--profile"], HelpName = "NAME" };
        var promote = new Option<bool>("--promote") { Description = texts["release plan --promote"] };
        var exitCode = new Option<bool>("--exit-code") { Description = texts["release plan --exit-code"] };
        var json = context.Json();
        command.Arguments.Add(folder);
        foreach (var option in (Option[])[app, files, profiles, promote, exitCode, json]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var (model, source) = DeployInput.Read(context, parsed.GetValue(folder), parsed.GetValue(files), parsed.GetValue(profiles), parsed.GetValue(app));
            using var api = context.Connect(parsed);
            var plan = await api.Plan(model.Name, source, parsed.GetValue(promote), cancel);
            if (parsed.GetValue(json)) context.WriteJson(JsonSerializer.Serialize(plan, ModelJson.Default.DeployPlan));
            else PlanPage.Write(context.Shell.Out, context.Paint, plan);
            return !parsed.GetValue(exitCode) ? ExitCode.Done : plan.Blockers.Count > 0 ? ExitCode.Failed : plan.Outcome == PlanOutcome.Nothing ? ExitCode.Done : Changes;
        });
        return command;
    }
}
