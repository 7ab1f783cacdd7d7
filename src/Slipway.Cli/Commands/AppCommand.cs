using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Model;
using Slipway.Server.Members;

namespace Slipway.Cli.Commands;

/// <summary>What is set up of an app: who may do what with it.</summary>
static class AppCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("app");
        var member = new Command("member", context.Texts["app member"]);
        member.Subcommands.Add(Add(context));
        member.Subcommands.Add(List(context));
        member.Subcommands.Add(Remove(context));
        command.Subcommands.Add(member);
        command.Subcommands.Add(AppApprovalsCommand.Make(context));
        return command;
    }

    static Command Add(CommandContext context)
    {
        var command = context.Command("app member", "add");
        var (place, all) = Place(context);
        var role = new Option<string>("--role") { Description = context.Texts["app member --role"], HelpName = "ROLE", Required = true };
        role.CompletionSources.Add(AppRole.Viewer, AppRole.Approver, AppRole.Deployer, AppRole.Admin);
        command.Arguments.Add(place);
        command.Options.Add(role);
        command.Options.Add(all);
        command.SetAction(async (parsed, cancel) =>
        {
            var (app, account) = Named(parsed.GetRequiredValue(place), parsed.GetValue(all));
            using var api = context.Connect(parsed);
            await api.AddMember(app, account, parsed.GetRequiredValue(role), cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {account} is {parsed.GetRequiredValue(role)} of {app?.ToString() ?? "all apps"}");
        });
        return command;
    }

    static Command List(CommandContext context)
    {
        var command = context.Command("app member", "list");
        command.Aliases.Add("ls");
        var app = context.App();
        app.Arity = ArgumentArity.ZeroOrOne;
        var all = All(context);
        var json = context.Json();
        command.Arguments.Add(app);
        command.Options.Add(all);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            if (parsed.GetValue(app) is null != parsed.GetValue(all)) throw Wrong("an app's name, or --all");
            AppName? name = parsed.GetValue(app) is { } text ? CommandContext.Name(text) : null;
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document(GovernanceCalls.MembersPath(name), cancel));
                return;
            }
            var members = await api.Members(name, cancel);
            if (members.Count == 0) context.Shell.Out.WriteLine($"Nobody but administrators of the platform. For example: slipway app member add {name?.ToString() ?? "--all"} alice --role deployer");
            else Columns.Write(context.Shell.Out, context.Paint, ["ACCOUNT", "ROLES", "ON"], members.Select(member => (string[])[member.Account, string.Join(", ", member.Roles), member.AllApps ? "all apps" : name!.Value.Value]));
        });
        return command;
    }

    static Command Remove(CommandContext context)
    {
        var command = context.Command("app member", "remove");
        command.Aliases.Add("rm");
        var (place, all) = Place(context);
        var role = new Option<string?>("--role") { Description = context.Texts["app member remove --role"], HelpName = "ROLE" };
        command.Arguments.Add(place);
        command.Options.Add(role);
        command.Options.Add(all);
        command.SetAction(async (parsed, cancel) =>
        {
            var (app, account) = Named(parsed.GetRequiredValue(place), parsed.GetValue(all));
            using var api = context.Connect(parsed);
            await api.RemoveMember(app, account, parsed.GetValue(role), cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {account} is no {parsed.GetValue(role) ?? "member"} of {app?.ToString() ?? "all apps"} any more");
        });
        return command;
    }

    static (Argument<string[]>, Option<bool>) Place(CommandContext context) =>
        (new Argument<string[]>("APP ACCOUNT") { Description = context.Texts["app member APP ACCOUNT"], Arity = new ArgumentArity(1, 2) }, All(context));

    static Option<bool> All(CommandContext context) => new("--all") { Description = context.Texts["app member --all"] };

    static (AppName? App, string Account) Named(string[] words, bool all) => (words, all) switch
    {
        ([var account], true) => (null, account),
        ([var app, var account], false) => (CommandContext.Name(app), account),
        _ => throw Wrong("APP ACCOUNT, or ACCOUNT and --all"),
    };

    static InvalidInputException Wrong(string expected) => new(new Diagnostic { Key = "APP", Message = "it is not said whose role on what is meant", Expected = expected });
}
