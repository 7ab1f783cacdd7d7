using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Tests.Rendering;

public sealed class ChangesPageTests
{
    static readonly DateTimeOffset Then = new(2026, 11, 27, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Write_WithGit_TellsWhoCommitRangeAndChanges()
    {
        using var output = new StringWriter { NewLine = "\n" };
        ChangesPage.Write(output, new Paint(false), new ReleaseChanges
        {
            Rollout = 7,
            By = "alice",
            From = 41,
            Git = new GitFacts
            {
                Commit = "0123456789abcdef",
                Subject = "faster\e[31m lists",
                Branch = "main",
                Dirty = true,
                Remote = "https://git.example.com/shop.git",
                Since = "fedcba9876543210",
                Without = 2,
                HasMore = true,
                Commits = [new GitCommit("0123456789abcdef", "faster lists", "Ada", Then), new GitCommit("1123456789abcdef", "less memory", null, Then)],
            },
            Changes =
            [
                new ModelChange { Service = "web", Kind = ChangeKind.Environment, Key = "environment.LOG_LEVEL", Before = "info", After = "debug" },
                new ModelChange { Kind = ChangeKind.Volume, Key = "volumes.data", After = new string('x', 100) },
            ],
        });
        output.ToString().ShouldBe($"""
            by       alice, over v41
            commit   0123456789 of main: faster lists
                     with changes that are not committed: it is not what the commit says
            from     https://git.example.com/shop.git
            without  2 commits of the release that was live (fedcba9876): older, or another branch
            since    0123456789 {Then.ToLocalTime():yyyy-MM-dd HH:mm} faster lists (Ada)
                     1123456789 {Then.ToLocalTime():yyyy-MM-dd HH:mm} less memory
                     and more

            CHANGE                     WAS   IS
            web.environment.LOG_LEVEL  info  debug
            volumes.data               -     {new string('x', 59)}…

            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Write_WithoutGit_TellsWhoAlone()
    {
        using var output = new StringWriter { NewLine = "\n" };
        ChangesPage.Write(output, new Paint(false), new ReleaseChanges { Rollout = 7, By = "alice" });
        output.ToString().ShouldBe("by       alice\n");
    }
}
