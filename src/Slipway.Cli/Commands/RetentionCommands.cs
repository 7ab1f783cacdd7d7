using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Registry.Rules.Retention;
using Slipway.Server.Api.Registry;

namespace Slipway.Cli.Commands;

/// <summary>What a project keeps: the policy, its dry run, its runs.</summary>
static class RetentionCommands
{
    public static Command MakeSet(CommandContext context)
    {
        var command = context.Command("project rules", "retention");
        var project = ProjectRulesCommand.Project(context);
        var options = new PolicyOptions(context);
        var off = new Option<bool>("--off") { Description = context.Texts["project rules retention --off"] };
        var dryRun = new Option<bool>("--dry-run") { Description = context.Texts["project rules retention --dry-run"] };
        command.Arguments.Add(project);
        foreach (var option in options.All) command.Options.Add(option);
        command.Options.Add(off);
        command.Options.Add(dryRun);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var name = parsed.GetRequiredValue(project);
            if (parsed.GetValue(off))
            {
                await api.ClearRetention(name, cancel);
                context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {name} keeps everything");
                return;
            }
            var policy = options.Policy(parsed);
            if (parsed.GetValue(dryRun)) Write(context, await api.TryRetention(name, policy, cancel));
            else ProjectRulesCommand.Write(context, await api.SetRetention(name, policy, cancel));
        });
        return command;
    }

    public static Command MakeRun(CommandContext context)
    {
        var command = context.Command("project rules", "retain");
        var project = ProjectRulesCommand.Project(context);
        var dryRun = new Option<bool>("--dry-run") { Description = context.Texts["project rules retain --dry-run"] };
        var yes = new Option<bool>("--yes", "-y") { Description = context.Texts["remove --yes"] };
        var json = context.Json();
        command.Arguments.Add(project);
        foreach (var option in (Option[])[dryRun, yes, json]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var name = parsed.GetRequiredValue(project);
            if (!parsed.GetValue(dryRun) && !parsed.GetValue(yes) && !RemoveCommand.Confirmed(context.Shell, $"Remove what the policy of {name} does not keep?"))
            {
                context.Shell.Out.WriteLine("Nothing was removed.");
                return ExitCode.Failed;
            }
            var report = parsed.GetValue(dryRun) ? await api.TryRetention(name, null, cancel) : (await api.RunRetention(name, cancel)).Report!;
            if (parsed.GetValue(json)) context.WriteJson(JsonSerializer.Serialize(report, RulesJson.Default.RetentionReport));
            else Write(context, report);
            return ExitCode.Done;
        });
        return command;
    }

    public static Command MakeRuns(CommandContext context)
    {
        var command = context.Command("project rules", "runs");
        var project = ProjectRulesCommand.Project(context);
        var json = context.Json();
        command.Arguments.Add(project);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var name = parsed.GetRequiredValue(project);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document($"{RuleCalls.RulesPath(name)}/retention/runs", cancel));
                return;
            }
            var runs = await api.RetentionRuns(name, cancel);
            if (runs.Count == 0) context.Shell.Out.WriteLine($"Retention has not run yet for {name}.");
            else
                Columns.Write(context.Shell.Out, context.Paint, ["RUN", "STARTED", "BY", "TAGS REMOVED", "MANIFESTS", "FREED"], runs.Select(run => (string[])
                [
                    Number(run.Id), ImageListCommand.Ago(run.Started), run.Actor,
                    run.Report is { } report ? Number(report.TagsRemoved) : "did not end", run.Report is { } done ? Number(done.ManifestsRemoved) : "-", run.Report is { } end ? Readable.Bytes(end.FreedBytes) : "-",
                ]));
        });
        return command;
    }

    public static void Write(CommandContext context, RetentionReport report)
    {
        var rows = report.Repositories.SelectMany(repository => repository.Tags.Select(tag => (string[])
            [tag.Keeps ? "keep" : report.DryRun ? "would go" : "removed", $"{repository.Repository}:{tag.Tag}", tag.Digest[7..19], tag.Reason])).ToList();
        if (rows.Count > 0) Columns.Write(context.Shell.Out, context.Paint, ["", "IMAGE", "DIGEST", "WHY"], rows);
        context.Shell.Out.WriteLine(
            $"{(report.DryRun ? "Dry run: " : "")}{Number(report.TagsRemoved)} tags and {Number(report.ManifestsRemoved)} manifests {(report.DryRun ? "would go" : "removed")}, {Number(report.TagsKept)} tags kept; "
            + $"garbage collection {(report.DryRun ? "would free" : "then frees")} {Readable.Bytes(report.FreedBytes)}.");
    }

    static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>A policy from options, for the usual cases, or from a file with all that the API takes.</summary>
    sealed class PolicyOptions(CommandContext context)
    {
        readonly Option<int?> _last = new("--keep-last") { Description = context.Texts["project rules retention --keep-last"], HelpName = "N" };
        readonly Option<int?> _pushed = new("--keep-pushed") { Description = context.Texts["project rules retention --keep-pushed"], HelpName = "DAYS" };
        readonly Option<int?> _pulled = new("--keep-pulled") { Description = context.Texts["project rules retention --keep-pulled"], HelpName = "DAYS" };
        readonly Option<string[]> _tags = new("--keep-tags") { Description = context.Texts["project rules retention --keep-tags"], HelpName = "PATTERN" };
        readonly Option<string[]> _labels = new("--keep-label") { Description = context.Texts["project rules retention --keep-label"], HelpName = "NAME[=VALUE]" };
        readonly Option<int?> _versions = new("--keep-versions") { Description = context.Texts["project rules retention --keep-versions"], HelpName = "N" };
        readonly Option<int?> _untagged = new("--untagged-after") { Description = context.Texts["project rules retention --untagged-after"], HelpName = "DAYS" };
        readonly Option<int?> _hour = new("--daily-at") { Description = context.Texts["project rules retention --daily-at"], HelpName = "HOUR" };
        readonly Option<string> _repositories = new("--repositories") { Description = context.Texts["project rules --repositories"], HelpName = "PATTERN", DefaultValueFactory = _ => "**" };
        readonly Option<string?> _file = new("--file") { Description = context.Texts["project rules retention --file"], HelpName = "FILE" };

        public IEnumerable<Option> All => [_last, _pushed, _pulled, _tags, _labels, _versions, _untagged, _hour, _repositories, _file];

        public RetentionPolicy Policy(ParseResult parsed)
        {
            if (parsed.GetValue(_file) is { } file) return Read(file);
            var repositories = parsed.GetRequiredValue(_repositories);
            var rules = new List<RetentionRule>();
            if (parsed.GetValue(_last) is { } last) rules.Add(new RetentionRule { Keep = RetentionKeep.Last, Count = last, Repositories = repositories });
            if (parsed.GetValue(_pushed) is { } pushed) rules.Add(new RetentionRule { Keep = RetentionKeep.Pushed, Days = pushed, Repositories = repositories });
            if (parsed.GetValue(_pulled) is { } pulled) rules.Add(new RetentionRule { Keep = RetentionKeep.Pulled, Days = pulled, Repositories = repositories });
            rules.AddRange((parsed.GetValue(_tags) ?? []).Select(tags => new RetentionRule { Keep = RetentionKeep.Always, Tags = tags, Repositories = repositories }));
            rules.AddRange((parsed.GetValue(_labels) ?? []).Select(label => new RetentionRule { Keep = RetentionKeep.Labelled, Label = label, Repositories = repositories }));
            if (parsed.GetValue(_versions) is { } versions) rules.Add(new RetentionRule { Keep = RetentionKeep.Versions, Count = versions, Repositories = repositories });
            return new RetentionPolicy { Rules = rules, UntaggedAfterDays = parsed.GetValue(_untagged), Hour = parsed.GetValue(_hour) };
        }

        RetentionPolicy Read(string file)
        {
            var text = File.ReadAllText(Path.GetFullPath(file, context.Shell.Folder));
            try
            {
                return JsonSerializer.Deserialize(text, PolicyFile.Type) ?? throw new JsonException("it is null");
            }
            catch (JsonException wrong)
            {
                throw new CommandFailedException($"{file} is no retention policy: {wrong.Message}", ExitCode.BadInput, wrong);
            }
        }
    }
}
