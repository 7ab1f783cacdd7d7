using System.CommandLine;
using Slipway.Cli.Supervising;
using Slipway.Gateway;
using Slipway.Server;

namespace Slipway.Cli.Commands;

/// <summary>The gateway's process. Its first line is in Program.cs.</summary>
static class GatewayCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("gateway");
        var listen = new Option<string[]>("--listen") { Description = context.Texts["gateway --listen"], HelpName = "ADDRESS:PORT" };
        var https = new Option<string[]>("--listen-https") { Description = context.Texts["gateway --listen-https"], HelpName = "ADDRESS:PORT" };
        var log = AccessLogOptions.Format(context);
        var keep = AccessLogOptions.Keep(context);
        var proxies = AccessLogOptions.TrustProxy(context);
        var transport = TransportOption.Make(context);
        command.Options.Add(listen);
        command.Options.Add(https);
        command.Options.Add(log);
        command.Options.Add(keep);
        command.Options.Add(proxies);
        command.Options.Add(transport);
        command.SetAction((parsed, cancel) =>
        {
            var addresses = parsed.GetValue(listen) is { Length: > 0 } given ? given : [ServerOptions.DefaultGatewayHttp];
            var folder = context.DataFolderOf(parsed);
            var options = new GatewayOptions
            {
                Listen = [.. addresses.Select(address => ListenAddress.Parse(address, "--listen").ToString())],
                ListenHttps = [.. (parsed.GetValue(https) ?? []).Select(address => ListenAddress.Parse(address, "--listen-https").ToString())],
                Folder = folder.Gateway,
                AccessLog = AccessLogOptions.Parse(parsed.GetValue(log)),
                AccessLogFile = Path.Combine(folder.Logs, AccessLogOptions.FileName),
                TrustedProxies = parsed.GetValue(proxies) ?? [],
                Transport = TransportOption.Parse(parsed.GetValue(transport)),
            };
            return GatewayProcess.Run(options with { AccessLogKeep = parsed.GetValue(keep) ?? options.AccessLogKeep }, cancel);
        });
        return command;
    }
}
