using System.CommandLine;
using System.Globalization;
using Slipway.Model;

namespace Slipway.Cli.Commands;

static class ScaleCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("scale");
        var targets = new Argument<string[]>("APP/SERVICE=N") { Description = context.Texts["APP/SERVICE=N"], Arity = ArgumentArity.OneOrMore };
        var despite = context.DespiteFreeze();
        command.Arguments.Add(targets);
        command.Options.Add(despite);
        command.SetAction(async (parsed, cancel) =>
        {
            // All are read before the first is done: a slip in the last one changes nothing.
            var wanted = parsed.GetRequiredValue(targets).Select(Parse).ToList();
            using var api = context.Connect(parsed);
            foreach (var (app, service, replicas) in wanted)
            {
                await api.Scale(app, service, replicas, cancel, parsed.GetValue(despite));
                context.Shell.Out.WriteLine($"{app}/{service}: {(replicas == 1 ? "1 instance" : $"{replicas} instances")} wanted. 'slipway ps {app}' shows them.");
            }
        });
        return command;
    }

    internal static (AppName App, string Service, int Replicas) Parse(string text)
    {
        if (text.Split('=') is [var left, var right] && int.TryParse(right, NumberStyles.None, CultureInfo.InvariantCulture, out var replicas)
            && ServiceTarget.Parse(left) is { App: var app, Service: { } service }) return (app, service, replicas);
        throw new InvalidInputException(new Diagnostic
        {
            Key = "APP/SERVICE=N",
            Message = $"'{text}' does not say what to scale to what",
            Found = text,
            Expected = "for example guestbook/web=3",
        });
    }
}
