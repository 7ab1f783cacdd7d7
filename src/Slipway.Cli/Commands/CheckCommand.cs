using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Slipway.Cli.Rendering;
using Slipway.Model;
using Slipway.Releases.Compose;

namespace Slipway.Cli.Commands;

/// <summary>What becomes of each key of a Compose file, without a server.</summary>
static class CheckCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("check");
        var path = new Argument<string?>("FILE|DIR") { Description = context.Texts["check FILE|DIR"], Arity = ArgumentArity.ZeroOrOne };
        var profiles = new Option<string[]>("--profile") { Description = context.Texts["--profile"], HelpName = "NAME" };
        var json = context.Json();
        command.Arguments.Add(path);
        command.Options.Add(profiles);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            var check = ComposeFile.Check(ComposeInput.Request(context.Shell, parsed.GetValue(path), [], parsed.GetValue(profiles) ?? [], null));
            if (parsed.GetValue(json)) context.WriteJson(JsonSerializer.Serialize(new CheckReport(check.Keys, check.Diagnostics), CheckJson.Default.CheckReport));
            else Write(context, check);
            return check.Diagnostics.Any(diagnostic => diagnostic.Severity == Severity.Error) ? ExitCode.BadInput : ExitCode.Done;
        });
        return command;
    }

    static void Write(CommandContext context, ComposeCheck check)
    {
        var (output, paint) = (context.Shell.Out, context.Paint);
        if (check.Keys.Count > 0)
            Columns.Write(output, paint, ["WHERE", "", "KEY"], check.Keys.Select(key => (string[])
            [
                $"{Path.GetFileName(key.File)}:{key.Line}", Word(paint, key.Treatment), key.Note is { } note ? $"{key.Key}: {note}" : key.Key,
            ]));
        foreach (var diagnostic in check.Diagnostics) context.Shell.Error.WriteLine(diagnostic.Severity == Severity.Error ? paint.Red("error: ", diagnostic.ToString()) : diagnostic.ToString());
        if (check.Keys.Count == 0) return;
        int Of(KeyTreatment treatment) => check.Keys.Count(key => key.Treatment == treatment);
        string Found(Severity severity, string word) => check.Diagnostics.Count(d => d.Severity == severity) is var count && count == 1 ? $"1 {word}" : $"{count} {word}s";
        output.WriteLine($"{Of(KeyTreatment.Honoured)} honoured, {Of(KeyTreatment.Translated)} translated, {Of(KeyTreatment.Refused)} refused; {Found(Severity.Error, "error")}, {Found(Severity.Warning, "warning")}.");
    }

    static string Word(Paint paint, KeyTreatment treatment) => treatment switch
    {
        KeyTreatment.Honoured => paint.Green("honoured"),
        KeyTreatment.Translated => paint.Yellow("translated"),
        _ => paint.Red("refused"),
    };
}

/// <summary><c>slipway check --json</c></summary>
sealed record CheckReport(IReadOnlyList<KeyReport> Keys, IReadOnlyList<Diagnostic> Diagnostics);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(CheckReport))]
sealed partial class CheckJson : JsonSerializerContext;
