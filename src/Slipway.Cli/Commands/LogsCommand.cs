using System.CommandLine;
using System.Text.Json;
using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Commands;

static class LogsCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("logs");
        var target = context.App("APP[/SERVICE]", "APP[/SERVICE]");
        var follow = new Option<bool>("--follow", "-f") { Description = context.Texts["logs --follow"] };
        var since = new Option<string?>("--since") { Description = context.Texts["logs --since"], HelpName = "10m|TIME" };
        var tail = new Option<int?>("--tail") { Description = context.Texts["logs --tail"], HelpName = "N" };
        var json = context.Json();
        tail.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, out var lines) && lines < 0) result.AddError($"--tail: '{text}' is no number of lines (expected 0 or more)");
        });
        command.Arguments.Add(target);
        foreach (var option in (Option[])[follow, since, tail, json]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var (app, service) = ServiceTarget.Parse(parsed.GetRequiredValue(target));
            DateTimeOffset? from = parsed.GetValue(since) is { } text ? Since.Parse(text, TimeProvider.System.GetUtcNow()) : null;
            using var api = context.Connect(parsed);
            var lines = api.Logs(app, service, parsed.GetValue(follow), from, parsed.GetValue(tail), cancel);
            try
            {
                if (parsed.GetValue(json)) await foreach (var line in lines) context.WriteJson(JsonSerializer.Serialize(line, ModelJson.Default.LogLine));
                else await Write(context, lines);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                // Ctrl-C is how one stops to follow: not a failure.
            }
        });
        return command;
    }

    static async Task Write(CommandContext context, IAsyncEnumerable<LogLine> lines)
    {
        var turns = new Dictionary<string, int>();
        var (output, paint) = (context.Shell.Out, context.Paint);
        await foreach (var line in lines)
        {
            if (!turns.TryGetValue(line.Instance, out var turn)) turns.Add(line.Instance, turn = turns.Count);
            output.WriteLine($"{paint.Turn(turn, line.Instance + " |")} {Readable.Line(line.Text)}");
        }
    }
}
