using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Cli.Credentials;

namespace Slipway.Cli.Commands;

/// <summary>
/// Gives docker's own configuration the credential for our registry: the admin's, or with --user an account's. An account's is also kept for slipway
/// itself, which uses it for that server from then on.
/// </summary>
static class LoginCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("login");
        var user = new Option<string?>("--user", "-u") { Description = context.Texts["login --user"], HelpName = "NAME" };
        var password = new PasswordInput(context);
        command.Options.Add(user);
        password.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            if (parsed.GetValue(user) is { } name)
            {
                var url = ServerLocation.FindUrl(context.Shell, context.DataFolderOf(parsed), parsed.GetValue(context.Server));
                using var own = new ApiClient(new ServerLocation(url, password.Known(parsed, name), $"Is it running at {url.GetLeftPart(UriPartial.Authority)}?", name));
                // A credential that the server refuses would only fail later, and far from here.
                await own.WhoAmI(cancel);
                Keep(context, url.Authority, name, own.Token);
            }
            else
            {
                using var api = context.Connect(parsed);
                await api.WhoAmI(cancel);
                Keep(context, api.Url.Authority, api.User, api.Token);
            }
        });
        return command;
    }

    /// <param name="registry">host:port</param>
    public static void Keep(CommandContext context, string registry, string user, string password)
    {
        if (user != "admin") DockerConfig.Login(DockerConfig.OwnFileOf(context.Shell), registry, user, password);
        var file = DockerConfig.FileOf(context.Shell);
        var helper = DockerConfig.Login(file, registry, user, password);
        context.Shell.Out.WriteLine($"docker can now push to and pull from {registry} as {user} (written to {file}).");
        if (helper is not null)
            context.Shell.Out.WriteLine($"{file} uses the credential helper '{helper}', which docker asks first. If docker push is refused, log in through it once: docker login -u {user} {registry}{(user == "admin" ? "  (the password is the admin token)" : "")}");
    }
}
