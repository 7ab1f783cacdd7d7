using System.Globalization;
using Slipway.Model;

namespace Slipway.Cli.Rendering;

/// <summary>What a release was made from and what it changed, for people.</summary>
static class ChangesPage
{
    const int ShownHash = 10;

    public static void Write(TextWriter output, Paint paint, ReleaseChanges changes)
    {
        if (changes.By is { } by) output.WriteLine($"by       {Readable.Line(by)}{(changes.From is { } from ? $", over v{from}" : "")}");
        if (changes.Git is { } git) Write(output, paint, git);
        if (changes.Changes.Count == 0) return;
        output.WriteLine();
        Columns.Write(output, paint, ["CHANGE", "WAS", "IS"], changes.Changes.Select(change => (string[])[Place(change), change.Before is { } was ? Readable.Value(was) : "-", change.After is { } now ? Readable.Value(now) : "-"]));
    }

    static void Write(TextWriter output, Paint paint, GitFacts git)
    {
        output.WriteLine($"commit   {Short(git.Commit)}{(git.Branch is { } branch ? $" of {Readable.Line(branch)}" : "")}{(git.Subject is { } subject ? $": {Readable.Line(subject)}" : "")}");
        if (git.Dirty) output.WriteLine(paint.Yellow("         with changes that are not committed: it is not what the commit says"));
        if (git.Remote is { } remote) output.WriteLine($"from     {Readable.Line(remote)}");
        if (git.Since is null) return;
        if (git.Without > 0) output.WriteLine(paint.Yellow($"without  {git.Without} commits of the release that was live ({Short(git.Since)}): older, or another branch"));
        foreach (var (commit, i) in git.Commits.Select((commit, i) => (commit, i)))
            output.WriteLine($"{(i == 0 ? "since    " : "         ")}{Short(commit.Hash)} {commit.Time.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} {Readable.Line(commit.Subject)}{(commit.Author is { } author ? paint.Dim($" ({Readable.Line(author)})") : "")}");
        if (git.HasMore) output.WriteLine("         and more");
    }

    static string Place(ModelChange change) => Readable.Line(string.Join('.', ((string?[])[change.Service, change.Key]).Where(part => !string.IsNullOrEmpty(part))));

    static string Short(string hash) => hash.Length > ShownHash ? hash[..ShownHash] : hash;
}
