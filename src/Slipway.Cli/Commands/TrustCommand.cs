using System.CommandLine;
using System.Globalization;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Registry.Signatures.Trust;

namespace Slipway.Cli.Commands;

/// <summary>Keys and certificates that signatures of images are verified with.</summary>
static class TrustCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("trust");
        command.Subcommands.Add(MakeAdd(context));
        command.Subcommands.Add(MakeList(context));
        command.Subcommands.Add(MakeShow(context));
        command.Subcommands.Add(MakeRemove(context));
        return command;
    }

    static Command MakeAdd(CommandContext context)
    {
        var command = context.Command("trust", "add");
        var name = new Argument<string>("NAME") { Description = context.Texts["trust add NAME"] };
        var key = new Option<string?>("--key") { Description = context.Texts["trust add --key"], HelpName = "FILE" };
        var certificate = new Option<string?>("--certificate") { Description = context.Texts["trust add --certificate"], HelpName = "FILE" };
        var subject = new Option<string?>("--subject") { Description = context.Texts["trust add --subject"], HelpName = "NAME" };
        var projects = new Option<string[]>("--projects") { Description = context.Texts["trust add --projects"], HelpName = "PROJECT,..." };
        command.Arguments.Add(name);
        foreach (var option in (Option[])[key, certificate, subject, projects]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            if (parsed.GetValue(key) is null == parsed.GetValue(certificate) is null)
                throw new CommandFailedException("Say what is trusted: --key FILE (a public key, for cosign) or --certificate FILE (roots, for notation).", ExitCode.BadInput);
            var request = new TrustRequest
            {
                Name = parsed.GetRequiredValue(name),
                Key = await Read(context, parsed.GetValue(key), cancel),
                Certificate = await Read(context, parsed.GetValue(certificate), cancel),
                Subject = parsed.GetValue(subject),
                Projects = [.. (parsed.GetValue(projects) ?? []).SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
            };
            using var api = context.Connect(parsed);
            var signer = await api.AddTrust(request, cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {signer.Name} ({Readable.Line(signer.Algorithm)}) is trusted in {Projects(signer)}");
            context.Shell.Out.WriteLine($"  SHA-256 {signer.Fingerprint}");
        });
        return command;
    }

    static Command MakeList(CommandContext context)
    {
        var command = context.Command("trust", "ls");
        var json = context.Json();
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json)) context.WriteJson(await api.Document(SignatureCalls.TrustPath, cancel));
            else Columns.Write(context.Shell.Out, context.Paint, ["NAME", "KIND", "ALGORITHM", "PROJECTS", "EXPIRES", "SHA-256"], (await api.Trust(cancel)).Select(Row));
        });
        return command;
    }

    static Command MakeShow(CommandContext context)
    {
        var command = context.Command("trust", "show");
        var name = new Argument<string>("NAME") { Description = context.Texts["trust NAME"] };
        var pem = new Option<bool>("--public-key") { Description = context.Texts["trust show --public-key"] };
        var json = context.Json();
        command.Arguments.Add(name);
        command.Options.Add(pem);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document(SignatureCalls.TrustPathOf(parsed.GetRequiredValue(name)), cancel));
                return;
            }
            var signer = await api.Trust(parsed.GetRequiredValue(name), cancel);
            if (parsed.GetValue(pem)) context.Shell.Out.Write(signer.Pem);
            else Write(context, signer);
        });
        return command;
    }

    static Command MakeRemove(CommandContext context)
    {
        var command = context.Command("trust", "rm");
        var name = new Argument<string>("NAME") { Description = context.Texts["trust NAME"] };
        command.Arguments.Add(name);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await api.RemoveTrust(parsed.GetRequiredValue(name), cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {parsed.GetRequiredValue(name)} is trusted no more");
        });
        return command;
    }

    static void Write(CommandContext context, TrustedSigner signer)
    {
        foreach (var (field, value) in new (string, string?)[]
        {
            ("name", signer.Name), ("kind", signer.Kind), ("algorithm", signer.Algorithm), ("projects", Projects(signer)), ("of", signer.Certificate), ("subject", signer.Subject), ("expires", Day(signer.Expires)),
            ("SHA-256", signer.Fingerprint), ("added", $"{Day(signer.Created)} by {signer.AddedBy}"),
        })
            if (!string.IsNullOrEmpty(value)) context.Shell.Out.WriteLine($"{context.Paint.Dim(field.PadRight(11))}{Readable.Line(value)}");
        context.Shell.Out.Write(signer.Pem);
    }

    static async Task<string?> Read(CommandContext context, string? file, CancellationToken cancel) => file is null ? null
        : file == "-" ? await context.Shell.In.ReadToEndAsync(cancel) : await File.ReadAllTextAsync(Path.GetFullPath(file, context.Shell.Folder), cancel);

    static string[] Row(TrustedSigner signer) => [signer.Name, signer.Kind, Readable.Line(signer.Algorithm), Projects(signer), Day(signer.Expires), signer.Fingerprint[..16]];

    static string Projects(TrustedSigner signer) => signer.Projects.Count == 0 ? "all projects" : string.Join(", ", signer.Projects);

    static string Day(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "";
}
