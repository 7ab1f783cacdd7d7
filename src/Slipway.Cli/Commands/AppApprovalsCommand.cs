using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Commands;

/// <summary>The approvals that every release of an app asks for: shown, set or lifted.</summary>
static class AppApprovalsCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("app", "approvals");
        var app = context.App();
        var by = new Option<string?>("--by") { Description = context.Texts["app approvals --by"], HelpName = "ROLE" };
        var count = new Option<int?>("--count") { Description = context.Texts["app approvals --count"], HelpName = "N" };
        var notAuthor = new Option<bool>("--not-author") { Description = context.Texts["app approvals --not-author"] };
        var off = new Option<bool>("--off") { Description = context.Texts["app approvals --off"] };
        var json = context.Json();
        command.Arguments.Add(app);
        foreach (var option in (Option[])[by, count, notAuthor, off, json]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var name = CommandContext.Name(parsed.GetRequiredValue(app));
            var rule = parsed.GetValue(by) is null && parsed.GetValue(count) is null && !parsed.GetValue(notAuthor) ? null
                : new ApprovalRule { By = parsed.GetValue(by), Count = parsed.GetValue(count) ?? 1, NotAuthor = parsed.GetValue(notAuthor) };
            if (rule is not null && parsed.GetValue(off))
                throw new InvalidInputException(new Diagnostic { Key = "--off", Message = "--off and a rule exclude each other", Expected = "one of them" });
            using var api = context.Connect(parsed);
            if (parsed.GetValue(off)) await api.LiftApprovals(name, cancel);
            else if (rule is not null) await api.SetApprovals(name, rule, cancel);
            if (parsed.GetValue(json)) context.WriteJson(await api.Document(ApprovalCalls.Path(name), cancel));
            else Write(context, name, parsed.GetValue(off) ? null : rule ?? await api.Approvals(name, cancel), changed: rule is not null || parsed.GetValue(off));
        });
        return command;
    }

    static void Write(CommandContext context, AppName app, ApprovalRule? rule, bool changed) => context.Shell.Out.WriteLine((changed ? $"{context.Paint.Green("✔")} " : "") + (rule is null
        ? $"Releases of {app} ask for no approval but by its file."
        : $"Every release of {app} waits for {rule.Wanted}, whatever its file says."));
}
