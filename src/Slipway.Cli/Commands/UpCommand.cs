using System.CommandLine;
using Slipway.Cli.Supervising;

namespace Slipway.Cli.Commands;

static class UpCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("up");
        var foreground = new Option<bool>("--foreground") { Description = context.Texts["up --foreground"] };
        var listen = new Option<string?>("--listen") { Description = context.Texts["--listen"], HelpName = "ADDRESS:PORT" };
        var gateway = new Option<string[]>("--gateway-http") { Description = context.Texts["up --gateway-http"], HelpName = "ADDRESS:PORT", AllowMultipleArgumentsPerToken = true };
        var https = new Option<string[]>("--gateway-https") { Description = context.Texts["up --gateway-https"], HelpName = "ADDRESS:PORT", AllowMultipleArgumentsPerToken = true };
        var log = AccessLogOptions.Format(context);
        var keep = AccessLogOptions.Keep(context);
        var proxies = AccessLogOptions.TrustProxy(context);
        var transport = TransportOption.Make(context);
        command.Options.Add(foreground);
        command.Options.Add(listen);
        command.Options.Add(gateway);
        command.Options.Add(https);
        command.Options.Add(log);
        command.Options.Add(keep);
        command.Options.Add(proxies);
        command.Options.Add(transport);
        command.SetAction(async (parsed, cancel) =>
        {
            var request = new UpRequest
            {
                Folder = context.DataFolderOf(parsed),
                Listen = parsed.GetValue(listen) is { } address ? ListenAddress.Parse(address, "--listen") : null,
                GatewayHttp = [.. (parsed.GetValue(gateway) ?? []).Select(text => ListenAddress.Parse(text, "--gateway-http"))],
                GatewayHttps = parsed.GetValue(https) switch
                {
                    null or [] => null,
                    ["off"] => [],
                    var given => [.. given.Select(text => ListenAddress.Parse(text, "--gateway-https"))],
                },
                AccessLog = parsed.GetValue(log) is { } format ? AccessLogOptions.Checked(format) : null,
                AccessLogKeep = parsed.GetValue(keep),
                TrustProxy = parsed.GetValue(proxies) is { Length: > 0 } trusted ? AccessLogOptions.CheckedProxies(trusted) : null,
                Transport = parsed.GetValue(transport) is { } carried ? TransportOption.Checked(carried) : null,
                DockerHost = context.Shell.Variable("DOCKER_HOST"),
                Foreground = parsed.GetValue(foreground),
            };
            var outcome = await new Up(context.Shell.Out, TimeProvider.System).Run(request, cancel);
            if (!request.Foreground) await new UpReport(context.Shell.Out, request.Folder).Write(outcome);
        });
        return command;
    }
}
