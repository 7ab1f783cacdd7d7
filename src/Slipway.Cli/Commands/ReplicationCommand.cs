using System.CommandLine;
using System.Globalization;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Registry.Mirroring.Replicating;

namespace Slipway.Cli.Commands;

/// <summary>Rules of replication and their reports.</summary>
static class ReplicationCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("replication");
        command.Subcommands.Add(MakeAdd(context));
        command.Subcommands.Add(MakeList(context));
        command.Subcommands.Add(MakeRun(context));
        command.Subcommands.Add(MakeReport(context));
        command.Subcommands.Add(MakeRemove(context));
        return command;
    }

    static Command MakeAdd(CommandContext context)
    {
        var command = context.Command("replication", "add");
        var name = new Argument<string>("NAME") { Description = context.Texts["replication add NAME"] };
        var direction = new Argument<string>("push|pull") { Description = context.Texts["replication add DIRECTION"] };
        direction.AcceptOnlyFromAmong("push", "pull");
        var repository = new Argument<string>("REPOSITORY") { Description = context.Texts["replication add REPOSITORY"] };
        var registry = new Argument<string>("REMOTE") { Description = context.Texts["replication add REMOTE"] };
        var remote = new RemoteOptions(context);
        var tag = new Option<string?>("--tag") { Description = context.Texts["replication add --tag"], HelpName = "PATTERN" };
        var to = new Option<string?>("--to") { Description = context.Texts["replication add --to"], HelpName = "PREFIX" };
        var schedule = new Option<string?>("--schedule") { Description = context.Texts["replication add --schedule"], HelpName = "WHEN" };
        var push = new Option<bool>("--on-push") { Description = context.Texts["replication add --on-push"] };
        var deletions = new Option<bool>("--deletions") { Description = context.Texts["replication add --deletions"] };
        var bandwidth = new Option<long?>("--bandwidth") { Description = context.Texts["replication add --bandwidth"], HelpName = "KIB" };
        foreach (var argument in (Argument[])[name, direction, repository, registry]) command.Arguments.Add(argument);
        remote.AddTo(command);
        foreach (var option in (Option[])[tag, to, schedule, push, deletions, bandwidth]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var rule = new ReplicationSettings
            {
                Name = parsed.GetRequiredValue(name),
                Direction = parsed.GetRequiredValue(direction) == "pull" ? ReplicationDirection.Pull : ReplicationDirection.Push,
                Repository = parsed.GetRequiredValue(repository),
                Remote = parsed.GetRequiredValue(registry),
                User = remote.User(parsed),
                Password = remote.Password(parsed),
                Tag = parsed.GetValue(tag) ?? "*",
                Destination = parsed.GetValue(to) ?? "",
                Schedule = parsed.GetValue(schedule),
                OnPush = parsed.GetValue(push),
                Deletions = parsed.GetValue(deletions),
                Bandwidth = parsed.GetValue(bandwidth) * 1024,
            };
            await api.SetReplication(rule, cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {rule.Name}: {What(rule)}");
            context.Shell.Out.WriteLine($"  runs {When(rule)}; now with: slipway replication run {rule.Name}");
        });
        return command;
    }

    static Command MakeList(CommandContext context)
    {
        var command = context.Command("replication", "list");
        command.Aliases.Add("ls");
        var json = context.Json();
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document(MirroringCalls.Rules, cancel));
                return;
            }
            var rules = await api.Replications(cancel);
            if (rules.Count == 0) context.Shell.Out.WriteLine("No rule yet. For example: slipway replication add backup push '**' registry.example --schedule 'every 6h'");
            else Columns.Write(context.Shell.Out, context.Paint, ["NAME", "WHAT", "RUNS", "LAST RUN"], rules.Select(one => (string[])[one.Rule.Name, What(one.Rule), When(one.Rule), one.Last is { } last ? Summary(last) : "-"]));
        });
        return command;
    }

    static Command MakeRun(CommandContext context)
    {
        var command = context.Command("replication", "run");
        var name = new Argument<string>("NAME") { Description = context.Texts["replication NAME"] };
        var noWait = new Option<bool>("--no-wait") { Description = context.Texts["replication run --no-wait"] };
        command.Arguments.Add(name);
        command.Options.Add(noWait);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var rule = parsed.GetRequiredValue(name);
            var run = await api.RunReplication(rule, cancel);
            if (parsed.GetValue(noWait))
            {
                context.Shell.Out.WriteLine($"run {run.Id} has begun; its report: slipway replication report {rule}");
                return;
            }
            var report = await api.ReplicationReport(rule, run.Id, cancel);
            for (; report.Run.State == "running"; report = await api.ReplicationReport(rule, run.Id, cancel)) await Task.Delay(TimeSpan.FromMilliseconds(300), cancel);
            Write(context, report);
            if (report.Run.State == "failed") throw new CommandFailedException($"{rule}: {report.Run.Error ?? $"{report.Run.Failed} images could not be copied"}");
        });
        return command;
    }

    static Command MakeReport(CommandContext context)
    {
        var command = context.Command("replication", "report");
        var name = new Argument<string>("NAME") { Description = context.Texts["replication NAME"] };
        var run = new Option<long?>("--run") { Description = context.Texts["replication report --run"], HelpName = "N" };
        var json = context.Json();
        command.Arguments.Add(name);
        command.Options.Add(run);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json)) context.WriteJson(await api.Document(MirroringCalls.Report(parsed.GetRequiredValue(name), parsed.GetValue(run)), cancel));
            else Write(context, await api.ReplicationReport(parsed.GetRequiredValue(name), parsed.GetValue(run), cancel));
        });
        return command;
    }

    static Command MakeRemove(CommandContext context)
    {
        var command = context.Command("replication", "remove");
        command.Aliases.Add("rm");
        var name = new Argument<string>("NAME") { Description = context.Texts["replication NAME"] };
        command.Arguments.Add(name);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await api.RemoveReplication(parsed.GetRequiredValue(name), cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {parsed.GetRequiredValue(name)} is removed; what it copied stays");
        });
        return command;
    }

    static void Write(CommandContext context, ReplicationReport report)
    {
        if (report.Items.Count > 0)
            Columns.Write(context.Shell.Out, context.Paint, ["IMAGE", "STATE", "BLOBS", "MOVED", "WHY"], report.Items.Select(item => (string[])
                [$"{item.Repository}:{item.Reference}", item.State, item.Blobs.ToString(CultureInfo.InvariantCulture), Readable.Bytes(item.Bytes), Readable.Line(item.Error ?? "")]));
        context.Shell.Out.WriteLine($"run {report.Run.Id} ({report.Run.Cause}): {Summary(report.Run)}");
        if (report.Run.Error is { } error) context.Shell.Out.WriteLine(Readable.Line(error));
    }

    static string Summary(ReplicationRun run)
    {
        var time = run.Ended is { } ended ? $" in {Readable.Duration(ended - run.Started)}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{run.State}{time}, {run.Copied} copied, {run.Skipped} skipped, {run.Removed} removed, {run.Failed} failed, {run.Waiting} waiting, {Readable.Bytes(run.Bytes)}");
    }

    static string What(ReplicationSettings rule) =>
        $"{rule.Repository}:{rule.Tag} {(rule.Direction == ReplicationDirection.Pull ? "from" : "to")} {rule.Remote}{(rule.Destination.Length == 0 ? "" : $" as {rule.Destination.Trim('/')}/...")}";

    static string When(ReplicationSettings rule) =>
        string.Join(" and ", new[] { rule.Schedule, rule.OnPush ? "on push" : null }.Where(one => one is not null)) is { Length: > 0 } when ? when : "when asked";
}
