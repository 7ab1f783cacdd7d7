using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Registry.Auth;

namespace Slipway.Cli.Commands;

/// <summary>Who has which role in a project.</summary>
static class ProjectMemberCommand
{
    public static Command Make(CommandContext context)
    {
        var command = new Command("member", context.Texts["project member"]);
        command.Subcommands.Add(MakeSet(context));
        command.Subcommands.Add(MakeList(context));
        command.Subcommands.Add(MakeRemove(context));
        return command;
    }

    static Argument<string> Account(CommandContext context) => new("ACCOUNT") { Description = context.Texts["project member ACCOUNT"] };

    static Command MakeSet(CommandContext context)
    {
        var command = context.Command("project member", "set");
        var (project, account) = (ProjectRulesCommand.Project(context), Account(context));
        var role = new Argument<string>("ROLE") { Description = context.Texts["project member set ROLE"] };
        role.AcceptOnlyFromAmong([.. Enum.GetValues<ProjectRole>().Select(ProjectCommand.Word)]);
        foreach (var argument in (Argument[])[project, account, role]) command.Arguments.Add(argument);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await api.SetMember(parsed.GetRequiredValue(project), parsed.GetRequiredValue(account), Enum.Parse<ProjectRole>(parsed.GetRequiredValue(role), ignoreCase: true), cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {parsed.GetRequiredValue(account)} is {parsed.GetRequiredValue(role)} of {parsed.GetRequiredValue(project)}");
        });
        return command;
    }

    static Command MakeList(CommandContext context)
    {
        var command = context.Command("project member", "list");
        command.Aliases.Add("ls");
        var project = ProjectRulesCommand.Project(context);
        command.Arguments.Add(project);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var name = parsed.GetRequiredValue(project);
            var found = (await api.Projects(cancel)).FirstOrDefault(one => one.Name == name)
                ?? throw new CommandFailedException($"There is no project '{name}' that you may pull from. See: slipway project ls", ExitCode.Failed);
            if (found.Members.Count == 0) context.Shell.Out.WriteLine($"{name} has no members. For example: slipway project member set {name} alice developer");
            else Columns.Write(context.Shell.Out, context.Paint, ["ACCOUNT", "ROLE"], found.Members.Select(member => (string[])[member.Account, ProjectCommand.Word(member.Role)]));
        });
        return command;
    }

    static Command MakeRemove(CommandContext context)
    {
        var command = context.Command("project member", "remove");
        command.Aliases.Add("rm");
        var (project, account) = (ProjectRulesCommand.Project(context), Account(context));
        command.Arguments.Add(project);
        command.Arguments.Add(account);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await api.RemoveMember(parsed.GetRequiredValue(project), parsed.GetRequiredValue(account), cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {parsed.GetRequiredValue(account)} is no member of {parsed.GetRequiredValue(project)} any more");
        });
        return command;
    }
}
