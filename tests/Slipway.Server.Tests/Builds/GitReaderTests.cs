using System.Diagnostics;
using Slipway.Server.Builds;

namespace Slipway.Server.Tests.Builds;

public sealed class GitReaderTests : IDisposable
{
    readonly TestFolder _folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Read_AWorkTree_HasCommitBranchRemoteAndTheCommitsSince()
    {
        await Init();
        var first = await Commit("first");
        await Git("remote", "add", "origin", "https://ada:secret@git.example.com/shop.git");
        await Commit("second");
        var third = await Commit("third, with \"quotes\"");
        var facts = (await GitReader.Read(_folder.Path, first, Cancel)).ShouldNotBeNull();
        (facts.Commit, facts.Subject, facts.Branch, facts.Dirty, facts.Since, facts.Without).ShouldBe((third, "third, with \"quotes\"", "main", false, first, 0));
        facts.Remote.ShouldBe("https://git.example.com/shop.git");
        facts.Commits.Select(c => (c.Subject, c.Author)).ShouldBe([("third, with \"quotes\"", "Ada"), ("second", "Ada")]);
        facts.Commits[0].Hash.ShouldBe(third);

        // Going back: nothing is new, and two commits are missing.
        await Git("checkout", "-q", "--detach", first);
        var older = (await GitReader.Read(_folder.Path, third, Cancel)).ShouldNotBeNull();
        (older.Branch, older.Commits.Count, older.Without).ShouldBe((null, 0, 2));
    }

    [Theory]
    [InlineData("a.txt")]
    [InlineData("new.txt")]
    public async Task Read_ChangedOrNewFile_IsDirty(string file)
    {
        await Init();
        await Commit("first");
        (await GitReader.Read(_folder.Path, null, Cancel))!.Dirty.ShouldBeFalse();
        _folder.Write(file, "changed by hand");
        (await GitReader.Read(_folder.Path, null, Cancel))!.Dirty.ShouldBeTrue();
    }

    [Fact]
    public async Task Read_AFolderOfARepository_SeesWhatTouchesIt()
    {
        await Init();
        var shop = Directory.CreateDirectory(Path.Combine(_folder.Path, "shop")).FullName;
        File.WriteAllText(Path.Combine(shop, "x"), "1");
        var first = await Commit("first");
        await Commit("elsewhere");
        File.WriteAllText(Path.Combine(shop, "x"), "2");
        await Commit("of the shop");
        _folder.Write("outside", "not the shop's");
        var facts = (await GitReader.Read(shop, first, Cancel)).ShouldNotBeNull();
        facts.Commits.ShouldHaveSingleItem().Subject.ShouldBe("of the shop");
        facts.Dirty.ShouldBeFalse();
    }

    [Fact]
    public async Task Read_ManyCommits_AreCut()
    {
        await Init();
        var first = await Commit("first");
        for (var i = 0; i < 51; i++) await Commit($"{i} {new string('x', 300)}");
        var facts = (await GitReader.Read(_folder.Path, first, Cancel)).ShouldNotBeNull();
        (facts.Commits.Count, facts.HasMore).ShouldBe((50, true));
        facts.Commits[0].Subject.Length.ShouldBe(201);
    }

    [Fact]
    public async Task Read_ProgramsOfTheRepository_AreNotRun()
    {
        await Init();
        var trace = Path.Combine(_folder.Path, "..", $"ran-{Path.GetFileName(_folder.Path)}");
        _folder.Write(".gitattributes", "* filter=evil\n");
        var first = await Commit("first");
        await Git("config", "core.fsmonitor", $"touch {trace}; false");
        await Git("config", "filter.evil.clean", $"touch {trace}; cat");
        await Git("config", "filter.evil.required", "true");
        await Git("config", "log.showSignature", "true");
        await Git("config", "gpg.program", $"touch {trace}; false");
        Directory.CreateDirectory(Path.Combine(_folder.Path, ".git", "hooks"));
        _folder.Write("a.txt", "changed, so that its content is to be compared");
        _folder.Write("same-time", "new");
        try
        {
            (await GitReader.Read(_folder.Path, first, Cancel))!.Dirty.ShouldBeTrue();
            File.Exists(trace).ShouldBeFalse("a program that the repository names was run");
        }
        finally
        {
            File.Delete(trace);
        }
    }

    [Fact]
    public async Task Read_NoWorkTreeNoCommitOrUnknownLiveCommit_IsNoError()
    {
        (await GitReader.Read(_folder.Path, null, Cancel)).ShouldBeNull();
        await Init();
        (await GitReader.Read(_folder.Path, null, Cancel)).ShouldBeNull();
        await Commit("first");
        (await GitReader.Read(_folder.Path, new string('a', 40), Cancel))!.Since.ShouldBeNull();
        (await GitReader.Read(_folder.Path, "--output=/tmp/x", Cancel))!.Since.ShouldBeNull();
    }

    [Theory]
    [InlineData("https://user:token@host/a/b.git", "https://host/a/b.git")]
    [InlineData("https://token@host/a@b.git", "https://host/a@b.git")]
    [InlineData("https://us@er:p@ss@host:8443/a.git", "https://host:8443/a.git")]
    [InlineData("ssh://git@host/a.git", "ssh://host/a.git")]
    [InlineData("git@host:a/b.git", "git@host:a/b.git")]
    [InlineData("/srv/git/a.git", "/srv/git/a.git")]
    [InlineData("https://u:p@host", "https://host")]
    [InlineData("", null)]
    public void WithoutCredentials_Url_KeepsThePlaceOnly(string remote, string? expected) => GitReader.WithoutCredentials(remote).ShouldBe(expected);

    async Task Init()
    {
        await Git("init", "-q", "-b", "main");
        await Git("config", "user.name", "Ada");
        await Git("config", "user.email", "ada@example.com");
    }

    async Task<string> Commit(string subject)
    {
        _folder.Write("a.txt", subject);
        await Git("add", "-A");
        await Git("commit", "-q", "-m", subject);
        return (await Git("rev-parse", "HEAD")).Trim();
    }

    async Task<string> Git(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = _folder.Path, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        process.ExitCode.ShouldBe(0, await process.StandardError.ReadToEndAsync(Cancel));
        return output;
    }
}
