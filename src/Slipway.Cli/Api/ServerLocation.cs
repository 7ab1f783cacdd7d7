using Slipway.Cli.Credentials;
using Slipway.Server.Data;

namespace Slipway.Cli.Api;

/// <summary>Which server, and the credential for it.</summary>
/// <param name="Url">Without a slash at the end.</param>
/// <param name="HowToStart">What a person does when nothing answers there.</param>
/// <param name="User">The account whose password the token is; null: the token is the admin token.</param>
sealed record ServerLocation(Uri Url, string Token, string HowToStart, string? User = null)
{
    /// <summary>
    /// --server or SLIPWAY_SERVER with SLIPWAY_TOKEN, or with the account of 'slipway login'; else the server of the data
    /// folder, with the folder's admin token.
    /// The folder's token is only ever sent to the folder's own server.
    /// </summary>
    /// <exception cref="CommandFailedException">None is known, or its token can't be read: says what to do.</exception>
    public static ServerLocation Find(Shell shell, DataFolder folder, string? server)
    {
        var named = server ?? shell.Variable("SLIPWAY_SERVER");
        var token = shell.Variable("SLIPWAY_TOKEN");
        var local = Read(() => ServerFile.Find(folder), folder, folder.ServerFile, optional: named is not null && token is not null);
        if (named is not null)
        {
            var url = ParseUrl(named, server is not null ? "--server" : "SLIPWAY_SERVER");
            if (token is null && local is not null && SameOrigin(new Uri(local.Url), url)) token = ReadToken(folder);
            var howToStart = $"Is it running at {named}?";
            if (token is not null) return new ServerLocation(url, token, howToStart);
            if (DockerConfig.Find(DockerConfig.OwnFileOf(shell), url.Authority) is var (user, password)) return new ServerLocation(url, password, howToStart, user);
            throw new CommandFailedException(
                $"No credential for {named}. Log in with your account: slipway login --server {named} --user NAME; or set SLIPWAY_TOKEN (on the server's machine it is in admin.token of its data folder).");
        }
        if (local is null) throw new CommandFailedException(NoServer(folder));
        return new ServerLocation(ParseUrl(local.Url, folder.ServerFile), token ?? ReadToken(folder), $"Start it with: {StartCommand(folder)}");
    }

    /// <summary>The same server, for whom a credential is about to be given: --server, SLIPWAY_SERVER, or the data folder's.</summary>
    /// <exception cref="CommandFailedException">None is known.</exception>
    public static Uri FindUrl(Shell shell, DataFolder folder, string? server)
    {
        if ((server ?? shell.Variable("SLIPWAY_SERVER")) is { } named) return ParseUrl(named, server is not null ? "--server" : "SLIPWAY_SERVER");
        return Read(() => ServerFile.Find(folder), folder, folder.ServerFile, optional: false) is { } local ? ParseUrl(local.Url, folder.ServerFile) : throw new CommandFailedException(NoServer(folder));
    }

    static string StartCommand(DataFolder folder) => folder.Path == DataFolder.DefaultPath ? "slipway up" : $"slipway up --data {folder.Path}";

    static string NoServer(DataFolder folder)
    {
        const string ofRoot = "/var/lib/slipway";
        var start = $"No Slipway server runs on the data folder {folder.Path}. Start one with: {StartCommand(folder)}";
        if (Environment.IsPrivilegedProcess || folder.Path == ofRoot || !Directory.Exists(ofRoot)) return start;
        return $"{start}\nThere is a server of root's ({ofRoot}): to talk to that one, run this with sudo, or as an account of it: slipway login --server URL --user NAME, and set SLIPWAY_SERVER.";
    }

    static string ReadToken(DataFolder folder) => Read(() => File.ReadAllText(folder.AdminToken).Trim(), folder, folder.AdminToken, optional: false)!;

    static T? Read<T>(Func<T?> read, DataFolder folder, string file, bool optional) where T : class
    {
        try
        {
            return read();
        }
        catch (UnauthorizedAccessException) when (optional)
        {
            return null;
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new CommandFailedException(
                $"{file} can't be read by the user {Environment.UserName}. Run this as the user who owns {folder.Path} (sudo, if that is root), or set SLIPWAY_SERVER and SLIPWAY_TOKEN.", ExitCode.Failed, denied);
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CommandFailedException($"{file} is missing. {StartCommand(folder)} makes it.", ExitCode.Failed, absent);
        }
    }

    static Uri ParseUrl(string text, string source)
    {
        var full = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        return Uri.TryCreate(full.TrimEnd('/'), UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url!
            : throw new CommandFailedException($"{source}: '{text}' is no address of a server (expected http://HOST:PORT)", ExitCode.BadInput);
    }

    static bool SameOrigin(Uri left, Uri right) =>
        Uri.Compare(left, right, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;
}
