using System.CommandLine;
using Slipway.Cli.Supervising;
using Slipway.Server;

namespace Slipway.Cli.Commands;

/// <summary>The server's process.</summary>
static class ServeCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("serve");
        var listen = new Option<string?>("--listen") { Description = context.Texts["--listen"], HelpName = "ADDRESS:PORT" };
        var gateway = new Option<string[]>("--gateway-http") { Description = context.Texts["serve --gateway-http"], HelpName = "ADDRESS:PORT" };
        var https = new Option<string[]>("--gateway-https") { Description = context.Texts["serve --gateway-https"], HelpName = "ADDRESS:PORT" };
        var engine = new Option<string?>("--docker-host") { Description = context.Texts["--docker-host"], HelpName = "URL" };
        var roles = new Option<string?>("--roles") { Description = context.Texts["serve --roles"], HelpName = "ROLE,ROLE" };
        command.Options.Add(listen);
        command.Options.Add(roles);
        command.Options.Add(gateway);
        command.Options.Add(https);
        command.Options.Add(engine);
        command.SetAction((parsed, cancel) =>
        {
            var options = new ServerOptions
            {
                DataFolder = context.DataFolderOf(parsed).Path,
                Listen = parsed.GetValue(listen) ?? ServerOptions.DefaultListen,
                DockerHost = parsed.GetValue(engine),
                GatewayHttps = [.. (parsed.GetValue(https) ?? []).Select(address => ListenAddress.Parse(address, "--gateway-https").ToString())],
                Roles = parsed.GetValue(roles) is { } written ? ServerRolesText.Parse(written, "--roles") : null,
            };
            if (parsed.GetValue(gateway) is { Length: > 0 } addresses)
                options = options with { GatewayHttp = [.. addresses.Select(address => ListenAddress.Parse(address, "--gateway-http").ToString())] };
            return SlipwayServer.Run(options, cancel);
        });
        return command;
    }
}
