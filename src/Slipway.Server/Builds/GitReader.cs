using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Slipway.Model;

namespace Slipway.Server.Builds;

/// <summary>
/// What git says of the folder that is deployed. The folder may be somebody else's and the server root, so that nothing of the repository's own
/// configuration is run: no hooks, no file system monitor, no filters, no signature programs, no fetching. A deploy never fails for it.
/// </summary>
static class GitReader
{
    const int MostCommits = 50, LongestSubject = 200;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <param name="directory">Absolute.</param>
    /// <param name="live">The commit of the live release; null: none is known.</param>
    /// <returns>Null: no work tree, no commit yet, no git, or one that takes too long.</returns>
    public static async Task<GitFacts?> Read(string directory, string? live, CancellationToken cancel)
    {
        if (TopOf(directory) is not { } top) return null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            return await Read(directory, await Safely(directory, top, limit.Token), live, limit.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception error) when (error is Win32Exception or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    static async Task<GitFacts?> Read(string directory, string[] safely, string? live, CancellationToken cancel)
    {
        if (await Git(directory, safely, cancel, "rev-parse", "--verify", "--quiet", "HEAD^{commit}") is not { Length: > 0 } commit) return null;
        var since = live is not null && await Git(directory, safely, cancel, "rev-parse", "--verify", "--quiet", $"{live}^{{commit}}") == live ? live : null;
        var commits = since is null || since == commit ? [] : await Commits(directory, safely, $"{since}..HEAD", MostCommits + 1, cancel);
        var without = since is null || since == commit ? null : await Git(directory, safely, cancel, "rev-list", "--count", $"HEAD..{since}", "--", ".");
        return new GitFacts
        {
            Commit = commit,
            Subject = (await Commits(directory, safely, "HEAD", 1, cancel, ofFolder: false)).FirstOrDefault()?.Subject,
            Branch = await Git(directory, safely, cancel, "symbolic-ref", "--quiet", "--short", "HEAD") is { Length: > 0 } branch ? branch : null,
            Dirty = await Git(directory, safely, cancel, "status", "--porcelain", "--untracked-files=normal", "--ignore-submodules=all", "--", ".") is { Length: > 0 },
            Remote = WithoutCredentials(await Git(directory, safely, cancel, "config", "--get", "remote.origin.url")),
            Since = since,
            Commits = [.. commits.Take(MostCommits)],
            HasMore = commits.Count > MostCommits,
            Without = int.TryParse(without, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0,
        };
    }

    static async Task<List<GitCommit>> Commits(string directory, string[] safely, string range, int most, CancellationToken cancel, bool ofFolder = true)
    {
        var text = await Git(directory, safely, cancel, ["log", $"--max-count={most}", "--no-show-signature", "--no-color", "--format=%H%x00%s%x00%an%x00%cI", range, .. ofFolder ? (string[])["--", "."] : ["--"]]);
        var commits = new List<GitCommit>();
        foreach (var line in text?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [])
            if (line.Split('\0') is [var hash, var subject, var author, var time] && DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, out var at))
                commits.Add(new GitCommit(hash, subject.Length <= LongestSubject ? subject : subject[..LongestSubject] + "…", author.Length > 0 ? author : null, at));
        return commits;
    }

    /// <summary>The options in front of every command; filters that the repository names itself are set to nothing.</summary>
    static async Task<string[]> Safely(string directory, string top, CancellationToken cancel)
    {
        string[] options =
        [
            "--no-pager", "-c", $"safe.directory={top}", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "log.showSignature=false", "-c", "protocol.allow=never",
        ];
        var filters = await Git(directory, options, cancel, "config", "--name-only", "--get-regexp", @"^filter\..*\.(clean|smudge|process|required)$");
        return [.. options, .. (filters ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().SelectMany(name => (string[])["-c", name.EndsWith(".required", StringComparison.Ordinal) ? $"{name}=false" : $"{name}="])];
    }

    /// <summary>What it wrote, without the last line's end; null where it failed.</summary>
    static async Task<string?> Git(string directory, string[] options, CancellationToken cancel, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", [.. options, .. arguments]) { WorkingDirectory = directory, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("GIT_", StringComparison.Ordinal)).ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("GIT_OPTIONAL_LOCKS", "0"), ("GIT_NO_LAZY_FETCH", "1"), ("GIT_TERMINAL_PROMPT", "0"), ("LC_ALL", "C.UTF-8")]) start.Environment[name] = value;
        using var process = Process.Start(start) ?? throw new IOException("git could not be started");
        try
        {
            process.StandardInput.Close();
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
            await process.WaitForExitAsync(cancel);
            await errors;
            return process.ExitCode == 0 ? (await output).TrimEnd('\n') : null;
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>The folder above that has a .git (a file in a linked work tree); null: there is none.</summary>
    static string? TopOf(string directory)
    {
        for (var folder = new DirectoryInfo(directory); folder is not null; folder = folder.Parent)
            if (Path.Exists(Path.Combine(folder.FullName, ".git"))) return folder.FullName;
        return null;
    }

    /// <summary>https://user:token@host/path without what stands before the @; an scp-like git@host:path has no password.</summary>
    internal static string? WithoutCredentials(string? remote)
    {
        if (string.IsNullOrEmpty(remote)) return null;
        var scheme = remote.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0) return remote;
        var end = remote.IndexOfAny(['/', '?', '#'], scheme + 3);
        var at = remote.LastIndexOf('@', (end < 0 ? remote.Length : end) - 1);
        return at > scheme ? remote[..(scheme + 3)] + remote[(at + 1)..] : remote;
    }
}
