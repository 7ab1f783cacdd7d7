using System.CommandLine;
using System.Globalization;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Server.Certificates;

namespace Slipway.Cli.Commands;

/// <summary>The certificates that the gateway serves hosts with.</summary>
static class CertificateCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("certificate");
        command.Subcommands.Add(MakeAdd(context));
        command.Subcommands.Add(MakeList(context));
        command.Subcommands.Add(MakeRemove(context));
        command.Subcommands.Add(AcmeCommand.Make(context));
        return command;
    }

    static Command MakeAdd(CommandContext context)
    {
        var command = context.Command("certificate", "add");
        var chain = new Option<string>("--cert") { Description = context.Texts["certificate add --cert"], HelpName = "FILE", Required = true };
        var key = new Option<string>("--key") { Description = context.Texts["certificate add --key"], HelpName = "FILE", Required = true };
        var name = new Option<string?>("--name") { Description = context.Texts["certificate add --name"], HelpName = "NAME" };
        foreach (var option in (Option[])[chain, key, name]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var request = new CertificateRequest
            {
                Name = parsed.GetValue(name),
                Chain = await Read(context, parsed.GetRequiredValue(chain), cancel),
                Key = await Read(context, parsed.GetRequiredValue(key), cancel),
            };
            using var api = context.Connect(parsed);
            var (added, isNew) = await api.AddCertificate(request, cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {added.Name} is served for {string.Join(", ", added.Hosts.Select(Readable.Line))} until {Day(added.NotAfter)}{(isNew ? "" : ", in place of the one before")}");
            if (added.Problem is { } problem) context.Shell.Out.WriteLine($"{context.Paint.Yellow("!")} {Readable.Line(problem)}");
        });
        return command;
    }

    static Command MakeList(CommandContext context)
    {
        var command = context.Command("certificate", "ls");
        var json = context.Json();
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document(CertificateCalls.CertificatesPath, cancel));
                return;
            }
            var all = await api.Certificates(cancel);
            Columns.Write(context.Shell.Out, context.Paint, ["NAME", "SOURCE", "HOSTS", "ISSUER", "UNTIL"], all.Select(Row));
            foreach (var one in all.Where(one => one.Problem is not null)) context.Shell.Out.WriteLine($"{context.Paint.Yellow("!")} {Readable.Line(one.Name)}: {Readable.Line(one.Problem!)}");
        });
        return command;
    }

    static Command MakeRemove(CommandContext context)
    {
        var command = context.Command("certificate", "rm");
        var name = new Argument<string>("NAME") { Description = context.Texts["certificate NAME"] };
        command.Arguments.Add(name);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await api.RemoveCertificate(parsed.GetRequiredValue(name), cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {parsed.GetRequiredValue(name)} is served no more");
        });
        return command;
    }

    static string[] Row(CertificateStatus one) => [Readable.Line(one.Name), one.Source, string.Join(", ", one.Hosts.Select(Readable.Line)), Readable.Line(one.Issuer ?? ""), Day(one.NotAfter)];

    static string Day(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "";

    internal static async Task<string> Read(CommandContext context, string file, CancellationToken cancel) =>
        file == "-" ? await context.Shell.In.ReadToEndAsync(cancel) : await File.ReadAllTextAsync(Path.GetFullPath(file, context.Shell.Folder), cancel);
}
