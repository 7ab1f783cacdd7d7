using System.CommandLine;
using System.Globalization;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Registry.Policies;
using Slipway.Registry.Scanning;

namespace Slipway.Cli.Commands;

/// <summary>What images must have to be deployed.</summary>
static class PolicyCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("policy");
        command.Subcommands.Add(MakeSet(context));
        command.Subcommands.Add(MakeShow(context));
        command.Subcommands.Add(MakeRemove(context));
        return command;
    }

    static Command MakeSet(CommandContext context)
    {
        var command = context.Command("policy", "set");
        var target = new Target(context, command);
        var signature = new Option<bool>("--require-signature") { Description = context.Texts["policy set --require-signature"] };
        var keys = new Option<string[]>("--key") { Description = context.Texts["policy set --key"], HelpName = "NAME" };
        var repository = new Option<bool>("--same-repository") { Description = context.Texts["policy set --same-repository"] };
        var scan = new Option<bool>("--require-scan") { Description = context.Texts["policy set --require-scan"] };
        var severity = new Option<string?>("--max-severity") { Description = context.Texts["policy set --max-severity"], HelpName = "LEVEL" };
        var replaces = new Option<bool>("--replaces-platform") { Description = context.Texts["policy set --replaces-platform"] };
        foreach (var option in (Option[])[signature, keys, repository, scan, severity, replaces]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var project = target.Of(parsed);
            var policy = new DeployPolicy
            {
                // Who names a key wants its signature.
                RequireSignature = parsed.GetValue(signature) || parsed.GetValue(keys) is { Length: > 0 } || parsed.GetValue(repository),
                Keys = parsed.GetValue(keys) ?? [],
                SameRepository = parsed.GetValue(repository),
                RequireScan = parsed.GetValue(scan),
                MaxSeverity = parsed.GetValue(severity) is { } level ? Most(level) : null,
                ReplacesPlatform = parsed.GetValue(replaces),
            };
            if (policy is { RequireSignature: false, RequireScan: false, MaxSeverity: null, ReplacesPlatform: false })
                throw new CommandFailedException("Say what the policy asks for (--require-signature, --key NAME, --require-scan, --max-severity LEVEL), or remove it: slipway policy rm", ExitCode.BadInput);
            using var api = context.Connect(parsed);
            var set = await api.SetPolicy(project, policy, cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {Name(set)}: {set.Policy}");
        });
        return command;
    }

    static Command MakeShow(CommandContext context)
    {
        var command = context.Command("policy", "show");
        var target = new Target(context, command);
        var json = context.Json();
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var one = target.IsGiven(parsed);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document(one ? SignatureCalls.PolicyPath(target.Of(parsed)) : SignatureCalls.PoliciesPath, cancel));
                return;
            }
            var policies = one ? [await api.Policy(target.Of(parsed), cancel)] : await api.Policies(cancel);
            if (policies.Count == 0) context.Shell.Out.WriteLine("No policy: every image may be deployed. For example: slipway policy set --platform --require-signature");
            else Columns.Write(context.Shell.Out, context.Paint, ["PROJECT", "REQUIRES", "SET BY", "SET"], policies.Select(policy =>
                (string[])[Name(policy), policy.Policy.ToString(), Readable.Line(policy.SetBy), policy.Changed.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)]));
        });
        return command;
    }

    static Command MakeRemove(CommandContext context)
    {
        var command = context.Command("policy", "rm");
        var target = new Target(context, command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var project = target.Of(parsed);
            await api.RemovePolicy(project, cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {project ?? "the platform"} has no policy any more");
        });
        return command;
    }

    static Severity Most(string level) => level.Equals("none", StringComparison.OrdinalIgnoreCase) ? Severity.None : SeverityText.Parse(level, "--max-severity");

    static string Name(PolicyStatus policy) => policy.Project ?? "(platform)";

    /// <summary>PROJECT, or --platform.</summary>
    sealed class Target
    {
        readonly Argument<string?> _project;
        readonly Option<bool> _platform;

        public Target(CommandContext context, Command command)
        {
            _project = new Argument<string?>("PROJECT") { Description = context.Texts["policy PROJECT"], Arity = ArgumentArity.ZeroOrOne };
            _platform = new Option<bool>("--platform") { Description = context.Texts["policy --platform"] };
            command.Arguments.Add(_project);
            command.Options.Add(_platform);
        }

        public bool IsGiven(ParseResult parsed) => parsed.GetValue(_project) is not null || parsed.GetValue(_platform);

        /// <summary>Null: the platform.</summary>
        public string? Of(ParseResult parsed)
        {
            var project = parsed.GetValue(_project);
            return project is null != parsed.GetValue(_platform) ? throw new CommandFailedException("Say whose policy: PROJECT (the app's name), or --platform.", ExitCode.BadInput) : project;
        }
    }
}
