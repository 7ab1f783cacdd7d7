using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Model;
using Slipway.Registry.Auth;
using Slipway.Server.Api.Registry;

namespace Slipway.Cli.Commands;

/// <summary>Accounts of programs.</summary>
static class RobotCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("robot");
        command.Subcommands.Add(MakeAdd(context));
        command.Subcommands.Add(MakeList(context));
        command.Subcommands.Add(MakeRotate(context));
        command.Subcommands.Add(MakeChange(context, "enable", "may be used again", disabled: false));
        command.Subcommands.Add(MakeChange(context, "disable", "is refused from now on", disabled: true));
        command.Subcommands.Add(MakeRemove(context));
        return command;
    }

    static Argument<string> Name(CommandContext context) => new("PROJECT+NAME") { Description = context.Texts["robot NAME"] };

    static Command MakeAdd(CommandContext context)
    {
        var command = context.Command("robot", "add");
        var name = Name(context);
        var scopes = new Option<string[]>("--scope") { Description = context.Texts["robot add --scope"], HelpName = "REPOSITORIES:ACTIONS" };
        var expires = new Option<string?>("--expires") { Description = context.Texts["robot add --expires"], HelpName = "WHEN" };
        var json = context.Json();
        command.Arguments.Add(name);
        command.Options.Add(scopes);
        command.Options.Add(expires);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            var (project, own) = Split(parsed.GetRequiredValue(name));
            var request = new RobotRequest
            {
                Name = own,
                Project = project,
                Scopes = [.. (parsed.GetValue(scopes) ?? []).Select(Scope)],
                Expires = parsed.GetValue(expires) is { } when ? Since.ParseEnd(when, DateTimeOffset.UtcNow, "--expires") : null,
            };
            using var api = context.Connect(parsed);
            Write(context, api, await api.AddRobot(request, cancel), parsed.GetValue(json), "is added");
        });
        return command;
    }

    static Command MakeList(CommandContext context)
    {
        var command = context.Command("robot", "list");
        command.Aliases.Add("ls");
        var project = new Option<string?>("--project") { Description = context.Texts["robot list --project"], HelpName = "PROJECT" };
        var json = context.Json();
        command.Options.Add(project);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document(AccessCalls.RobotsPath(parsed.GetValue(project)), cancel));
                return;
            }
            var robots = await api.Robots(parsed.GetValue(project), cancel);
            if (robots.Count == 0) context.Shell.Out.WriteLine("No robot that you may manage. For example: slipway robot add shop+ci --scope shop:pull,push --expires 90d");
            else Columns.Write(context.Shell.Out, context.Paint, ["NAME", "ENDS", "STATE", "SCOPES"], robots.Select(robot => (string[])
                [robot.Name, End(robot), robot.Disabled ? "disabled" : robot.Expires <= DateTimeOffset.UtcNow ? "ended" : "ok", Scopes(robot)]));
        });
        return command;
    }

    static Command MakeRotate(CommandContext context)
    {
        var command = context.Command("robot", "rotate");
        command.Aliases.Add("renew");
        var name = Name(context);
        var json = context.Json();
        command.Arguments.Add(name);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            Write(context, api, await api.RotateRobot(parsed.GetRequiredValue(name), cancel), parsed.GetValue(json), "has a new secret; the old one is refused");
        });
        return command;
    }

    static Command MakeChange(CommandContext context, string verb, string outcome, bool disabled)
    {
        var command = context.Command("robot", verb);
        var name = Name(context);
        command.Arguments.Add(name);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await api.DisableRobot(parsed.GetRequiredValue(name), disabled, cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {parsed.GetRequiredValue(name)} {outcome}");
        });
        return command;
    }

    static Command MakeRemove(CommandContext context)
    {
        var command = context.Command("robot", "remove");
        command.Aliases.Add("rm");
        var name = Name(context);
        command.Arguments.Add(name);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await api.RemoveRobot(parsed.GetRequiredValue(name), cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {parsed.GetRequiredValue(name)} is removed");
        });
        return command;
    }

    static void Write(CommandContext context, ApiClient api, RobotStatus robot, bool json, string outcome)
    {
        if (json)
        {
            context.WriteJson(JsonSerializer.Serialize(robot, AccessJson.Default.RobotStatus));
            return;
        }
        context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {robot.Name} {outcome}: {Scopes(robot)}, ends {End(robot)}");
        context.Shell.Out.WriteLine($"  secret (not shown again): {robot.Secret}");
        context.Shell.Out.WriteLine($"  to use it: echo SECRET | docker login {api.Url.Authority} --username {robot.Name} --password-stdin");
    }

    /// <summary>shop+ci is the robot ci of the project shop; robot+ci belongs to none.</summary>
    static (string? Project, string Name) Split(string text) => text.Split('+') is [{ Length: > 0 } project, { Length: > 0 } name]
        ? (project == AccountName.PlatformRobots ? null : project, name)
        : throw new InvalidInputException(new Diagnostic { Message = $"'{text}' is no name of a robot", Found = text, Key = "PROJECT+NAME", Expected = $"shop+ci for a robot of the project shop, or {AccountName.PlatformRobots}+ci for one of the platform" });

    static RobotScope Scope(string text) => text.LastIndexOf(':') is var colon and > 0 && colon < text.Length - 1
        ? new RobotScope { Repositories = text[..colon], Actions = text[(colon + 1)..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) }
        : throw new InvalidInputException(new Diagnostic { Message = $"'{text}' is no scope", Found = text, Key = "--scope", Expected = "REPOSITORIES:ACTIONS, such as shop:pull,push or shop/web:pull" });

    static string Scopes(RobotStatus robot) => string.Join("; ", robot.Scopes.Select(scope => $"{scope.Repositories}:{string.Join(',', scope.Actions)}"));

    static string End(RobotStatus robot) => robot.Expires?.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture) ?? "never";
}
