using System.CommandLine;
using System.Reflection;

namespace Slipway.Cli.Commands;

static class VersionCommand
{
    public static string Version { get; } =
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    public static Command Make(CommandContext context)
    {
        var command = context.Command("version");
        var json = context.Json();
        command.Options.Add(json);
        command.SetAction(parsed => context.Shell.Out.WriteLine(parsed.GetValue(json) ? $$"""{"version":"{{Version}}"}""" : $"slipway {Version}"));
        return command;
    }
}
