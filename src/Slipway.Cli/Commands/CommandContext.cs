using System.CommandLine;
using System.CommandLine.Completions;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Cli.Texts;
using Slipway.Model;
using Slipway.Server.Data;

namespace Slipway.Cli.Commands;

/// <summary>What all commands share: the shell, the texts, and the options that every command takes.</summary>
sealed class CommandContext
{
    public CommandContext(Shell shell, TextTable texts)
    {
        (Shell, Texts) = (shell, texts);
        Server = new Option<string?>("--server") { Description = texts["--server"], HelpName = "URL", Recursive = true };
        Data = new Option<string?>("--data") { Description = texts["--data"], HelpName = "DIR", Recursive = true };
    }

    public Shell Shell { get; }

    public TextTable Texts { get; }

    public Option<string?> Server { get; }

    public Option<string?> Data { get; }

    public Paint Paint => Paint.For(Shell);

    /// <summary>A client of the server that is meant: --server, SLIPWAY_SERVER, or the one of this machine's data folder.</summary>
    public ApiClient Connect(ParseResult parsed) => new(ServerLocation.Find(Shell, DataFolderOf(parsed), parsed.GetValue(Server)));

    /// <summary>--data, SLIPWAY_DATA, or the user's default.</summary>
    public DataFolder DataFolderOf(ParseResult parsed)
    {
        var path = parsed.GetValue(Data) ?? Shell.Variable("SLIPWAY_DATA") ?? DataFolder.DefaultPath;
        return new DataFolder(Path.GetFullPath(path, Shell.Folder).TrimEnd('/') is { Length: > 0 } full ? full : "/");
    }

    public Command Command(string name) => new(name, Texts[name]);

    public Command Command(string parent, string name) => new(name, Texts[$"{parent} {name}"]);

    public Option<bool> Json() => new("--json") { Description = Texts["--json"] };

    public Option<bool> DespiteFreeze() => new("--despite-freeze") { Description = Texts["--despite-freeze"] };

    public Option<bool> DespiteApprovals() => new("--despite-approvals") { Description = Texts["--despite-approvals"] };

    /// <summary>The app's name, completed by asking the server.</summary>
    public Argument<string> App(string name = "APP", string text = "APP")
    {
        var argument = new Argument<string>(name) { Description = Texts[text] };
        argument.CompletionSources.Add(completion => Known(completion.ParseResult, async (api, soon) => (await api.Apps(soon)).Select(app => app.App.Value)));
        return argument;
    }

    public static AppName Name(string text) => AppName.Parse(text);

    public void WriteJson(string json) => Shell.Out.WriteLine(json);

    /// <summary>Names that the server knows, for a shell that completes.</summary>
    public IEnumerable<CompletionItem> Known(ParseResult parsed, Func<ApiClient, CancellationToken, Task<IEnumerable<string>>> names)
    {
        try
        {
            using var api = Connect(parsed);
            using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            return [.. names(api, soon.Token).GetAwaiter().GetResult().Select(name => new CompletionItem(name))];
        }
        catch (Exception)
        {
            // A shell that completes can't show an error; no names is what it can show.
            return [];
        }
    }
}
