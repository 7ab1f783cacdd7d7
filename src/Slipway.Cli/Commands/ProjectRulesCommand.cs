using System.CommandLine;
using System.Globalization;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Model;
using Slipway.Registry.Rules;

namespace Slipway.Cli.Commands;

/// <summary>Rules of a project: immutable tags, retention, quota.</summary>
static class ProjectRulesCommand
{
    public static Command Make(CommandContext context)
    {
        var command = new Command("rules", context.Texts["project rules"]);
        command.Subcommands.Add(MakeShow(context));
        command.Subcommands.Add(MakeImmutable(context));
        command.Subcommands.Add(MakeMutable(context));
        command.Subcommands.Add(MakeQuota(context));
        command.Subcommands.Add(RetentionCommands.MakeSet(context));
        command.Subcommands.Add(RetentionCommands.MakeRun(context));
        command.Subcommands.Add(RetentionCommands.MakeRuns(context));
        return command;
    }

    public static Argument<string> Project(CommandContext context) => new("PROJECT") { Description = context.Texts["project PROJECT"] };

    static Command MakeShow(CommandContext context)
    {
        var command = context.Command("project rules", "show");
        var project = Project(context);
        var json = context.Json();
        command.Arguments.Add(project);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json)) context.WriteJson(await api.Document(RuleCalls.RulesPath(parsed.GetRequiredValue(project)), cancel));
            else Write(context, await api.Rules(parsed.GetRequiredValue(project), cancel));
        });
        return command;
    }

    static Command MakeImmutable(CommandContext context)
    {
        var command = context.Command("project rules", "immutable");
        var project = Project(context);
        var tags = new Argument<string>("TAGS") { Description = context.Texts["project rules immutable TAGS"] };
        var repositories = new Option<string>("--repositories") { Description = context.Texts["project rules --repositories"], HelpName = "PATTERN", DefaultValueFactory = _ => "**" };
        command.Arguments.Add(project);
        command.Arguments.Add(tags);
        command.Options.Add(repositories);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var rule = await api.AddImmutable(
                parsed.GetRequiredValue(project), new ImmutableRule { Repositories = parsed.GetRequiredValue(repositories), Tags = parsed.GetRequiredValue(tags) }, cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} rule {Number(rule.Id)}: tags {rule.Repositories}:{rule.Tags} are immutable");
        });
        return command;
    }

    static Command MakeMutable(CommandContext context)
    {
        var command = context.Command("project rules", "mutable");
        var project = Project(context);
        var rule = new Argument<long>("RULE") { Description = context.Texts["project rules mutable RULE"] };
        command.Arguments.Add(project);
        command.Arguments.Add(rule);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await api.RemoveImmutable(parsed.GetRequiredValue(project), parsed.GetValue(rule), cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} rule {Number(parsed.GetValue(rule))} is lifted");
        });
        return command;
    }

    static Command MakeQuota(CommandContext context)
    {
        var command = context.Command("project rules", "quota");
        var project = Project(context);
        var bytes = new Option<string?>("--bytes") { Description = context.Texts["project rules quota --bytes"], HelpName = "SIZE" };
        var tags = new Option<long?>("--tags") { Description = context.Texts["project rules quota --tags"], HelpName = "N" };
        var repositories = new Option<long?>("--repositories") { Description = context.Texts["project rules quota --repositories"], HelpName = "N" };
        var none = new Option<bool>("--none") { Description = context.Texts["project rules quota --none"] };
        command.Arguments.Add(project);
        foreach (var option in (Option[])[bytes, tags, repositories, none]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var quota = new ProjectQuota { Bytes = parsed.GetValue(bytes) is { } size ? Size(size) : null, Tags = parsed.GetValue(tags), Repositories = parsed.GetValue(repositories) };
            if (quota is { Bytes: null, Tags: null, Repositories: null } != parsed.GetValue(none))
                throw new CommandFailedException("Say which limits the project has (--bytes, --tags, --repositories), or --none to lift them all.", ExitCode.BadInput);
            using var api = context.Connect(parsed);
            Write(context, await api.SetQuota(parsed.GetRequiredValue(project), quota, cancel));
        });
        return command;
    }

    public static void Write(CommandContext context, ProjectRuleSet rules)
    {
        var output = context.Shell.Out;
        var (quota, usage) = (rules.Quota, rules.Usage);
        output.WriteLine(context.Paint.Bold(rules.Project));
        output.WriteLine($"  bytes         {Readable.Bytes(usage.Bytes)}{(quota.Bytes is { } bytes ? $" of {Readable.Bytes(bytes)}" : "")}");
        output.WriteLine($"  tags          {Number(usage.Tags)}{(quota.Tags is { } tags ? $" of {Number(tags)}" : "")}");
        output.WriteLine($"  repositories  {Number(usage.Repositories)}{(quota.Repositories is { } repositories ? $" of {Number(repositories)}" : "")}");
        output.WriteLine(context.Paint.Dim("immutable tags"));
        if (rules.Immutable.Count == 0) output.WriteLine("  none");
        foreach (var rule in rules.Immutable) output.WriteLine($"  {Number(rule.Id)}  {rule.Repositories}:{rule.Tags}");
        output.WriteLine(context.Paint.Dim("retention"));
        if (rules.Retention is not { } policy)
        {
            output.WriteLine("  keeps everything");
            return;
        }
        for (var i = 0; i < policy.Rules.Count; i++) output.WriteLine($"  {Number(i + 1)}  keep {policy.Rules[i]}");
        if (policy.UntaggedAfterDays is { } days) output.WriteLine($"  untagged images go after {Number(days)} days");
        output.WriteLine(rules.NextRetention is { } next ? $"  daily at {Number(policy.Hour!.Value)}:00 UTC, next {next.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)}" : "  runs only when asked: slipway project rules retain " + rules.Project);
    }

    static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>500MB, 10GB, 1.5TB (powers of 1000), 10GiB, or bytes.</summary>
    static long Size(string text)
    {
        (string Unit, double Factor)[] units = [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("B", 1), ("", 1)];
        var (unit, factor) = units.First(one => text.EndsWith(one.Unit, StringComparison.OrdinalIgnoreCase));
        return double.TryParse(text.AsSpan(0, text.Length - unit.Length).Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number * factor < long.MaxValue
            ? (long)(number * factor)
            : throw new InvalidInputException(new Diagnostic { Message = $"'{text}' is no size", Key = "--bytes", Found = text, Expected = "500MB, 10GB, 10GiB, or a number of bytes" });
    }
}
