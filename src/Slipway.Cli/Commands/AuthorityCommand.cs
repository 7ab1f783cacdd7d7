using System.CommandLine;
using System.Globalization;
using Slipway.Cli.Api;

namespace Slipway.Cli.Commands;

/// <summary>The platform's own certificate authority.</summary>
static class AuthorityCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("ca");
        command.Subcommands.Add(MakeShow(context));
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
            context.Shell.Out.Write(authority.Certificate);
            context.Shell.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{authority.Subject}, until {authority.NotAfter:yyyy-MM-dd}, SHA-256 {authority.Fingerprint}"));
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
}
