using System.CommandLine;
using System.Globalization;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Registry.Auth;

namespace Slipway.Cli.Commands;

/// <summary>Projects of the registry: who may use them, and by which rules.</summary>
static class ProjectCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("project");
        command.Subcommands.Add(MakeAdd(context));
        command.Subcommands.Add(MakeList(context));
        command.Subcommands.Add(MakeSet(context));
        command.Subcommands.Add(MakeRemove(context));
        command.Subcommands.Add(ProjectMemberCommand.Make(context));
        command.Subcommands.Add(ProjectRulesCommand.Make(context));
        return command;
    }

    public static string Word(ProjectRole role) => role.ToString().ToLowerInvariant();

    static Command MakeAdd(CommandContext context)
    {
        var command = context.Command("project", "add");
        var project = ProjectRulesCommand.Project(context);
        var isPublic = new Option<bool>("--public") { Description = context.Texts["project --public"] };
        command.Arguments.Add(project);
        command.Options.Add(isPublic);
        command.SetAction(async (parsed, cancel) =>
        {
            var name = parsed.GetRequiredValue(project);
            using var api = context.Connect(parsed);
            // Adding one must not make private what is public, or the other way round.
            if ((await api.Projects(cancel)).Any(known => known.Name == name)) throw new CommandFailedException($"There is a project '{name}' already. To change it: slipway project set {name} --public|--private", ExitCode.Failed);
            await api.SetProject(name, parsed.GetValue(isPublic), cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {name} is added, {(parsed.GetValue(isPublic) ? "public: everybody may pull from it" : "private")}");
        });
        return command;
    }

    static Command MakeList(CommandContext context)
    {
        var command = context.Command("project", "list");
        command.Aliases.Add("ls");
        var json = context.Json();
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document(AccessCalls.ProjectsPath, cancel));
                return;
            }
            var projects = await api.Projects(cancel);
            if (projects.Count == 0) context.Shell.Out.WriteLine("No project that you may pull from. One comes with its first image, or with: slipway project add NAME");
            else Columns.Write(context.Shell.Out, context.Paint, ["PROJECT", "PULLED BY", "REPOSITORIES", "MEMBERS"], projects.Select(project => (string[])
                [project.Name, project.Public ? "everybody" : "members", project.Repositories.ToString(CultureInfo.InvariantCulture), Members(project)]));
        });
        return command;
    }

    static Command MakeSet(CommandContext context)
    {
        var command = context.Command("project", "set");
        var project = ProjectRulesCommand.Project(context);
        var (isPublic, isPrivate) = (new Option<bool>("--public") { Description = context.Texts["project --public"] }, new Option<bool>("--private") { Description = context.Texts["project --private"] });
        command.Arguments.Add(project);
        command.Options.Add(isPublic);
        command.Options.Add(isPrivate);
        command.SetAction(async (parsed, cancel) =>
        {
            if (parsed.GetValue(isPublic) == parsed.GetValue(isPrivate)) throw new CommandFailedException("Say either --public or --private.", ExitCode.BadInput);
            using var api = context.Connect(parsed);
            await api.SetProject(parsed.GetRequiredValue(project), parsed.GetValue(isPublic), cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {parsed.GetRequiredValue(project)} is {(parsed.GetValue(isPublic) ? "public: everybody may pull from it" : "private: members, robots and administrators pull from it")}");
        });
        return command;
    }

    static Command MakeRemove(CommandContext context)
    {
        var command = context.Command("project", "remove");
        command.Aliases.Add("rm");
        var project = ProjectRulesCommand.Project(context);
        command.Arguments.Add(project);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await api.RemoveProject(parsed.GetRequiredValue(project), cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {parsed.GetRequiredValue(project)} has no members any more and is private; its images and robots stay");
        });
        return command;
    }

    static string Members(ProjectStatus project) =>
        project.Members.Count == 0 ? "none" : string.Join(", ", project.Members.Select(member => $"{member.Account}: {Word(member.Role)}"));
}
