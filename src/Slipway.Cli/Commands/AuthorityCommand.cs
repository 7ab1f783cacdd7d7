using System.CommandLine;
using System.Globalization;
using Slipway.Cli.Api;
using Slipway.Server.Certificates;

namespace Slipway.Cli.Commands;

/// <summary>The platform's own certificate authority.</summary>
static class AuthorityCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("ca");
        command.Subcommands.Add(MakeShow(context));
        command.Subcommands.Add(MakeRenew(context));
        return command;
    }

    /// <summary>The PEM alone on standard output, so that it can be put into a file; what to do with it beside.</summary>
    static Command MakeShow(CommandContext context)
    {
        var command = context.Command("ca", "show");
        var json = context.Json();
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document(CertificateCalls.AuthorityPath, cancel));
                return;
            }
            var authority = await api.CertificateAuthority(cancel);
            context.Shell.Out.Write(authority.Certificate + authority.Next?.Certificate);
            Tell(context, authority);
            context.Shell.Error.WriteLine(
                """
                To trust it, on each machine that opens your apps:
                  Debian, Ubuntu  slipway ca show > /usr/local/share/ca-certificates/slipway.crt && update-ca-certificates
                  Fedora, RHEL    slipway ca show > /etc/pki/ca-trust/source/anchors/slipway.pem && update-ca-trust
                  Firefox         Settings, Certificates, Authorities, Import
                  curl            curl --cacert FILE https://HOST/
                Whoever trusts it trusts every certificate that this Slipway makes.
                """);
        });
        return command;
    }

    static Command MakeRenew(CommandContext context)
    {
        var command = context.Command("ca", "renew");
        var now = new Option<bool>("--now") { Description = context.Texts["ca renew --now"] };
        var json = context.Json();
        command.Options.Add(now);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var authority = await api.RenewAuthority(parsed.GetValue(now), cancel);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document(CertificateCalls.AuthorityPath, cancel));
                return;
            }
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {(authority.Next is { } next
                ? string.Create(CultureInfo.InvariantCulture, $"{next.Subject} issues certificates from {next.IssuesFrom:yyyy-MM-dd} on. Until then, have it trusted beside the other one: slipway ca show prints both")
                : $"{authority.Subject} issues certificates from now on, and the hosts get theirs in a moment. Have it trusted: slipway ca show")}");
        });
        return command;
    }

    static void Tell(CommandContext context, AuthorityStatus authority)
    {
        context.Shell.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{authority.Subject}, until {authority.NotAfter:yyyy-MM-dd}, SHA-256 {authority.Fingerprint}"));
        if (authority.Next is { } next)
            context.Shell.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{next.Subject}, until {next.NotAfter:yyyy-MM-dd}, issues from {next.IssuesFrom:yyyy-MM-dd} on, SHA-256 {next.Fingerprint}"));
    }
}
