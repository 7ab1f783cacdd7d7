using System.CommandLine;
using System.CommandLine.Completions;
using Slipway.Cli.Api;

namespace Slipway.Cli.Commands;

/// <summary>Names of images as arguments, completed by asking the server: repositories, and after a ':' the tags of one.</summary>
static class ImageArguments
{
    const int Most = 200;

    public static Argument<string> Image(CommandContext context, string name, string text) => Completed(context, new Argument<string>(name) { Description = context.Texts[text] });

    public static Argument<string[]> Images(CommandContext context, string name, string text) =>
        Completed(context, new Argument<string[]>(name) { Description = context.Texts[text], Arity = ArgumentArity.OneOrMore });

    public static T Completed<T>(CommandContext context, T argument) where T : Argument
    {
        argument.CompletionSources.Add(completion => Names(context, completion));
        return argument;
    }

    static IEnumerable<CompletionItem> Names(CommandContext context, CompletionContext completion)
    {
        try
        {
            using var api = context.Connect(completion.ParseResult);
            using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            var word = completion.WordToComplete;
            if (word.IndexOf(':', StringComparison.Ordinal) is var colon and > 0)
                return [.. api.Tags(word[..colon], null, null, Most, soon.Token).GetAwaiter().GetResult().Entries.Select(tag => new CompletionItem($"{word[..colon]}:{tag.Tag}"))];
            return [.. api.Repositories(null, null, null, Most, soon.Token).GetAwaiter().GetResult().Entries.Select(entry => new CompletionItem(entry.Repository))];
        }
        catch (Exception)
        {
            // A shell that completes can't show an error; no names is what it can show.
            return [];
        }
    }
}
