using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Commands;

/// <summary>One release.</summary>
static class ReleaseCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("release");
        command.Subcommands.Add(PlanCommand.Make(context));
        command.Subcommands.Add(Show(context));
        return command;
    }

    static Command Show(CommandContext context)
    {
        var command = context.Command("release", "show");
        var app = context.App();
        var number = new Argument<string?>("N") { Description = context.Texts["release show N"], Arity = ArgumentArity.ZeroOrOne };
        var json = context.Json();
        command.Arguments.Add(app);
        command.Arguments.Add(number);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            var name = CommandContext.Name(parsed.GetRequiredValue(app));
            using var api = context.Connect(parsed);
            var release = parsed.GetValue(number) is { } text ? RollbackCommand.ReleaseNumber(text, "N") : await Newest(api, name, cancel);
            if (parsed.GetValue(json)) context.WriteJson(await api.Document(CanaryCalls.ReportPath(name, release), cancel));
            else ReleasePage.Write(context.Shell.Out, context.Paint, await api.ReleaseReport(name, release, cancel));
        });
        return command;
    }

    static async Task<int> Newest(ApiClient api, AppName app, CancellationToken cancel) => await api.Releases(app, cancel) is [var newest, ..]
        ? newest.Number
        : throw new CommandFailedException($"{app} has no release yet: no deploy of it has got that far.", ExitCode.Failed);
}
