using System.CommandLine;
using Slipway.Gateway.Logging;
using Slipway.Model;

namespace Slipway.Cli.Commands;

/// <summary>What 'up' passes on to 'gateway': the access log, and the proxies before it.</summary>
static class AccessLogOptions
{
    public const string FileName = "access.log";

    const int MostKept = 1000;

    public static Option<string?> Format(CommandContext context) => new("--access-log") { Description = context.Texts["--access-log"], HelpName = "combined|json|off" };

    public static Option<int?> Keep(CommandContext context)
    {
        var option = new Option<int?>("--access-log-keep") { Description = context.Texts["--access-log-keep"], HelpName = "N" };
        option.Validators.Add(result =>
        {
            if (result.GetValue(option) is < 0 or > MostKept) result.AddError($"--access-log-keep: a number from 0 to {MostKept}");
        });
        return option;
    }

    public static Option<string[]> TrustProxy(CommandContext context) =>
        new("--trust-proxy") { Description = context.Texts["--trust-proxy"], HelpName = "CIDR", AllowMultipleArgumentsPerToken = true };

    public static AccessLogFormat Parse(string? text) => Checked(text ?? "off") switch
    {
        "combined" => AccessLogFormat.Combined,
        "json" => AccessLogFormat.Json,
        _ => AccessLogFormat.Off,
    };

    public static string Checked(string text) => text is "combined" or "json" or "off" ? text : throw new InvalidInputException(new Diagnostic
    {
        Key = "--access-log",
        Message = $"'{text}' is no format of an access log",
        Found = text,
        Expected = "combined, json or off",
    });

    /// <summary>"none" alone takes back what an earlier 'up' was told.</summary>
    public static IReadOnlyList<string> CheckedProxies(IReadOnlyList<string> proxies)
    {
        if (proxies is ["none"]) return proxies;
        var wrong = proxies.Where(proxy => !Cidr.TryParse(proxy, out _)).Select(proxy => new Diagnostic
        {
            Key = "--trust-proxy",
            Message = $"'{proxy}' is no network",
            Found = proxy,
            Expected = Cidr.Expected + "; none for no proxy",
        }).ToList();
        return wrong.Count == 0 ? proxies : throw new InvalidInputException(wrong);
    }
}
