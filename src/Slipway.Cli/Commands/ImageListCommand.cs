using System.CommandLine;
using System.Globalization;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Registry.Images;

namespace Slipway.Cli.Commands;

/// <summary>Repositories, or the tags of one.</summary>
static class ImageListCommand
{
    const int Page = 1000;

    public static Command Make(CommandContext context)
    {
        var command = context.Command("image", "ls");
        var name = ImageArguments.Completed(context, new Argument<string?>("REPOSITORY|PATTERN") { Description = context.Texts["image ls NAME"], Arity = ArgumentArity.ZeroOrOne });
        var label = new Option<string?>("--label") { Description = context.Texts["image ls --label"], HelpName = "NAME[=VALUE]" };
        var after = new Option<string?>("--after") { Description = context.Texts["image ls --after"], HelpName = "NAME" };
        var json = context.Json();
        command.Arguments.Add(name);
        command.Options.Add(label);
        command.Options.Add(after);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var (asked, filter, from) = (parsed.GetValue(name), parsed.GetValue(label), parsed.GetValue(after));
            var repository = asked is not null && asked.IndexOfAny(['*', '{']) < 0 ? asked : null;
            if (parsed.GetValue(json)) context.WriteJson(await api.Document(repository is null ? ImageCalls.RepositoriesPath(asked, filter, from, Page) : ImageCalls.TagsPath(repository, filter, from, Page), cancel));
            else if (repository is null) Write(context, await All(after => api.Repositories(asked, filter, after, Page, cancel), from), asked is null && filter is null);
            else Write(context, repository, await All(after => api.Tags(repository, filter, after, Page, cancel), from));
        });
        return command;
    }

    static void Write(CommandContext context, List<RepositoryEntry> repositories, bool all)
    {
        if (repositories.Count == 0) context.Shell.Out.WriteLine(all ? "No image yet. Deploy an app, or push one: slipway login, then docker push" : "No repository matches.");
        else
            Columns.Write(context.Shell.Out, context.Paint, ["REPOSITORY", "TAGS", "SIZE", "PUSHED", "LABELS"], repositories.Select(entry => (string[])
            [
                entry.Repository, entry.Tags.ToString(CultureInfo.InvariantCulture), Readable.Bytes(entry.Size), Ago(entry.Pushed), Labels(entry.Labels),
            ]));
    }

    static void Write(CommandContext context, string repository, List<TagEntry> tags)
    {
        if (tags.Count == 0) context.Shell.Out.WriteLine($"{repository} has no tag that matches.");
        else
            Columns.Write(context.Shell.Out, context.Paint, ["TAG", "DIGEST", "SIZE", "PLATFORMS", "PUSHED", "PULLED", "FOUND", "LABELS"], tags.Select(tag => (string[])
            [
                tag.Tag, tag.Digest.Short, Readable.Bytes(tag.Size), tag.Platforms.Count == 0 ? "-" : Readable.Line(string.Join(',', tag.Platforms)), Ago(tag.Pushed), Ago(tag.Pulled), ScanPicture.Short(tag.Scan), Labels(tag.Labels),
            ]));
    }

    public static string Ago(DateTimeOffset? then) => then is { } moment ? Readable.Ago(moment, DateTimeOffset.UtcNow) : "-";

    public static string Labels(IReadOnlyDictionary<string, string> labels) =>
        Readable.Line(string.Join(", ", labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}")));

    static async Task<List<T>> All<T>(Func<string?, Task<ImagePage<T>>> page, string? after)
    {
        var all = new List<T>();
        do
        {
            var next = await page(after);
            all.AddRange(next.Entries);
            after = next.Next;
        }
        while (after is not null);
        return all;
    }
}
