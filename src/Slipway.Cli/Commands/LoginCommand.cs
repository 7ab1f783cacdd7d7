using System.CommandLine;
using Slipway.Cli.Credentials;

namespace Slipway.Cli.Commands;

/// <summary>Gives docker's own configuration the credential for our registry.</summary>
static class LoginCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("login");
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await Run(context, api, cancel);
        });
        return command;
    }

    static async Task Run(CommandContext context, Api.ApiClient api, CancellationToken cancel)
    {
        // A token that the server refuses would only fail later, and far from here.
        await api.Status(cancel);
        var registry = api.Url.Authority;
        var file = DockerConfig.FileOf(context.Shell);
        var helper = DockerConfig.Login(file, registry, "admin", api.Token);
        context.Shell.Out.WriteLine($"docker can now push to and pull from {registry} (written to {file}).");
        if (helper is not null)
            context.Shell.Out.WriteLine($"{file} uses the credential helper '{helper}', which docker asks first. If docker push is refused, log in through it once: docker login -u admin {registry}  (the password is the admin token)");
    }
}
