using System.CommandLine;

namespace Slipway.Cli.Commands;

static class RollbackCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("rollback");
        var app = context.App();
        var to = new Option<string?>("--to") { Description = context.Texts["rollback --to"], HelpName = "N" };
        var json = context.Json();
        command.Arguments.Add(app);
        command.Options.Add(to);
        var past = new Option<bool>("--past-one-way") { Description = context.Texts["--past-one-way"] };
        command.Options.Add(past);
        var despite = context.DespiteFreeze();
        command.Options.Add(despite);
        command.Options.Add(json);
        command.SetAction((parsed, cancel) =>
        {
            int? release = parsed.GetValue(to) is { } text ? ReleaseNumber(text) : null;
            return TurnOfTraffic.Run(context, parsed, parsed.GetRequiredValue(app), parsed.GetValue(json), (api, name) => api.Rollback(name, release, cancel, parsed.GetValue(despite), parsed.GetValue(past)), cancel);
        });
        return command;
    }

    /// <summary>2 or v2.</summary>
    internal static int ReleaseNumber(string text, string key = "--to") =>
        int.TryParse(text.StartsWith('v') ? text[1..] : text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new Model.InvalidInputException(new Model.Diagnostic { Key = key, Message = $"'{text}' is no release", Found = text, Expected = "a number from 'slipway releases APP', for example 2 or v2" });
}
