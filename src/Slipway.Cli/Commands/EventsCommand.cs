using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Slipway.Cli.Api;
using Slipway.Cli.Following;
using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Commands;

/// <summary>What happened to the apps' releases. Followed, a server that restarts is waited for, and nothing is left out or told twice.</summary>
static class EventsCommand
{
    const int Tail = 50;

    public static Command Make(CommandContext context)
    {
        var command = context.Command("events");
        var app = context.App(text: "events APP");
        app.Arity = ArgumentArity.ZeroOrOne;
        var follow = new Option<bool>("--follow", "-f") { Description = context.Texts["events --follow"] };
        var from = new Option<long?>("--from") { Description = context.Texts["events --from"], HelpName = "ID" };
        var tail = new Option<int?>("--tail", "-n") { Description = context.Texts["events --tail"], HelpName = "N" };
        var json = new Option<bool>("--json") { Description = context.Texts["events --json"] };
        command.Arguments.Add(app);
        foreach (var option in (Option[])[follow, from, tail, json]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            AppName? name = parsed.GetValue(app) is { } text ? CommandContext.Name(text) : null;
            var begin = parsed.GetValue(from) is { } id ? ApiClient.Invariant($"from={id}") : ApiClient.Invariant($"tail={parsed.GetValue(tail) ?? Tail}");
            using var api = context.Connect(parsed);
            return await Run(context, api, name, begin, parsed.GetValue(follow), parsed.GetValue(json), cancel);
        });
        return command;
    }

    static async Task<int> Run(CommandContext context, ApiClient api, AppName? app, string begin, bool follow, bool json, CancellationToken cancel)
    {
        var time = TimeProvider.System;
        long? lostAt = null;
        while (true)
        {
            try
            {
                await foreach (var happened in api.Events(app, begin + (follow ? "&follow=true" : ""), cancel))
                {
                    (lostAt, begin) = (null, ApiClient.Invariant($"from={happened.Id + 1}"));
                    context.Shell.Out.WriteLine(json ? JsonSerializer.Serialize(happened, ModelJson.Default.ReleaseEvent) : EventPicture.Line(happened));
                    context.Shell.Out.Flush();
                }
                if (!follow) return ExitCode.Done;
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return ExitCode.Done;
            }
            catch (ServerUnavailableException) when (follow && (lostAt is null || time.GetElapsedTime(lostAt.Value) < RolloutFollower.Patience))
            {
                lostAt ??= time.GetTimestamp();
            }
            await Task.Delay(RolloutFollower.Pause, time, cancel);
        }
    }
}
