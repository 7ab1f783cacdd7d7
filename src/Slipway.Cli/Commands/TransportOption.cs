using System.CommandLine;
using Slipway.Gateway.Transport;
using Slipway.Model;

namespace Slipway.Cli.Commands;

/// <summary>What 'up' passes on to 'gateway': the transport that it uses.</summary>
static class TransportOption
{
    public static Option<string?> Make(CommandContext context) => new("--gateway-transport") { Description = context.Texts["--gateway-transport"], HelpName = "auto|sockets|epoll" };

    public static TransportKind Parse(string? text) => Checked(text ?? "auto") switch
    {
        "epoll" => TransportKind.Epoll,
        "sockets" => TransportKind.Sockets,
        _ => TransportKind.Auto,
    };

    public static string Checked(string text) => text is "auto" or "sockets" or "epoll" ? text : throw new InvalidInputException(new Diagnostic
    {
        Key = "--gateway-transport",
        Message = $"'{text}' is no transport",
        Found = text,
        Expected = "auto, sockets or epoll",
    });
}
