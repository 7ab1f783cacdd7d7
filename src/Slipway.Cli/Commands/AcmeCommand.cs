using System.CommandLine;
using System.CommandLine.Parsing;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Model;
using Slipway.Server.Certificates.Acme;

namespace Slipway.Cli.Commands;

/// <summary>The authority that certificates are got from by themselves.</summary>
static class AcmeCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("certificate", "acme");
        command.Subcommands.Add(MakeSet(context));
        command.Subcommands.Add(MakeShow(context));
        command.Subcommands.Add(MakeRemove(context));
        return command;
    }

    static Command MakeSet(CommandContext context)
    {
        var command = context.Command("certificate acme", "set");
        var directory = new Option<string>("--directory") { Description = context.Texts["certificate acme set --directory"], HelpName = "URL", Required = true };
        var email = new Option<string?>("--email") { Description = context.Texts["certificate acme set --email"], HelpName = "ADDRESS" };
        var roots = new Option<string?>("--roots") { Description = context.Texts["certificate acme set --roots"], HelpName = "FILE" };
        var agree = new Option<bool>("--agree-to-terms") { Description = context.Texts["certificate acme set --agree-to-terms"] };
        var challenge = new Option<AcmeChallengeKind?>("--challenge")
        {
            Description = context.Texts["certificate acme set --challenge"],
            HelpName = "http|tls-alpn|dns",
            CustomParser = parsed => Kind(parsed),
        };
        var hook = new Option<string?>("--dns-hook") { Description = context.Texts["certificate acme set --dns-hook"], HelpName = "NAME" };
        var wait = new Option<TimeSpan?>("--dns-wait") { Description = context.Texts["certificate acme set --dns-wait"], HelpName = "TIME", CustomParser = parsed => Wait(parsed) };
        var account = new Option<string?>("--account-id") { Description = context.Texts["certificate acme set --account-id"], HelpName = "ID" };
        var key = new Option<string?>("--account-key") { Description = context.Texts["certificate acme set --account-key"], HelpName = "FILE" };
        foreach (var option in (Option[])[directory, email, roots, agree, challenge, hook, wait, account, key]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var request = new AcmeRequest
            {
                Directory = parsed.GetRequiredValue(directory),
                Email = parsed.GetValue(email),
                Roots = parsed.GetValue(roots) is { } file ? await CertificateCommand.Read(context, file, cancel) : null,
                AgreesToTerms = parsed.GetValue(agree),
                // A program for the DNS says which challenge is meant.
                Challenge = parsed.GetValue(challenge) ?? (parsed.GetValue(hook) is null ? AcmeChallengeKind.Http : AcmeChallengeKind.Dns),
                DnsHook = parsed.GetValue(hook),
                DnsWait = parsed.GetValue(wait),
                AccountId = parsed.GetValue(account),
                AccountKey = parsed.GetValue(key) is { } keyFile ? (await CertificateCommand.Read(context, keyFile, cancel)).Trim() : null,
            };
            using var api = context.Connect(parsed);
            var set = await api.SetAcme(request, cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} Certificates come from {Readable.Line(set.Directory)} from now on (account {Readable.Line(set.Account)})");
            context.Shell.Out.WriteLine("  'slipway certificate ls' shows which are there, and what stands in the way of others.");
        });
        return command;
    }

    static AcmeChallengeKind? Kind(ArgumentResult parsed)
    {
        var kind = AcmeChallengeKinds.Parse(parsed.Tokens[0].Value);
        if (kind is null) parsed.AddError($"--challenge: '{parsed.Tokens[0].Value}' is no way to look at a host (expected {AcmeChallengeKinds.Expected})");
        return kind;
    }

    static TimeSpan? Wait(ArgumentResult parsed)
    {
        if (Durations.TryParse(parsed.Tokens[0].Value, out var wait)) return wait;
        parsed.AddError($"--dns-wait: '{parsed.Tokens[0].Value}' is no time (expected for example 30s or 2m)");
        return null;
    }

    static Command MakeShow(CommandContext context)
    {
        var command = context.Command("certificate acme", "show");
        var json = context.Json();
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document(CertificateCalls.AcmePath, cancel));
                return;
            }
            var set = await api.Acme(cancel);
            foreach (var (field, value) in new (string, string?)[] { ("directory", set.Directory), ("account", set.Account), ("email", set.Email), ("bound to", set.AccountId), ("challenge", AcmeChallengeKinds.TextOf(set.Challenge)), ("dns hook", set.DnsHook), ("dns wait", set.DnsWait is { } wait ? Readable.Duration(wait) : null), ("set by", set.SetBy) })
                if (!string.IsNullOrEmpty(value)) context.Shell.Out.WriteLine($"{context.Paint.Dim(field.PadRight(11))}{Readable.Line(value)}");
        });
        return command;
    }

    static Command MakeRemove(CommandContext context)
    {
        var command = context.Command("certificate acme", "rm");
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await api.RemoveAcme(cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} No more certificates are ordered; those that are there are served until they end");
        });
        return command;
    }
}
