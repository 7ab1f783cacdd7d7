using Slipway.Model;

namespace Slipway.Releases.Tests.Compose;

public sealed class JobReadingTests
{
    [Fact]
    public void Before_WordsAlone_HasTheDefaults()
    {
        var job = ComposeFolder.Service("ports: ['80']\nx-release: {before: {run: [python, manage.py, migrate]}}").Release.Before.Single();
        job.Run.ShouldBe(["python", "manage.py", "migrate"]);
        (job.Entrypoint, job.Timeout, job.OneWay).ShouldBe((null, TimeSpan.FromMinutes(5), true));
    }

    [Theory]
    [InlineData("before: python manage.py 'migrate all'")]
    [InlineData("before: {run: python manage.py 'migrate all'}")]
    [InlineData("before: [{run: python manage.py 'migrate all'}]")]
    public void Before_OneLine_IsSplitAsAShellSplits(string before) =>
        ComposeFolder.Service($"ports: ['80']\nx-release: {{{before}}}").Release.Before.Single().Run.ShouldBe(["python", "manage.py", "migrate all"]);

    [Fact]
    public void Before_Several_KeepTheirOrderAndKeys()
    {
        var jobs = ComposeFolder.Service("""
            ports: ['80']
            x-release:
              before:
                - {run: migrate, timeout: 90s, one-way: false, entrypoint: [/bin/tool]}
                - seed
            """).Release.Before;
        jobs.Select(j => (j.Run.Single(), j.Timeout.TotalSeconds, j.OneWay)).ShouldBe([("migrate", 90, false), ("seed", 300, true)]);
        jobs[0].Entrypoint.ShouldBe(["/bin/tool"]);
    }

    [Fact]
    public void Before_OfAServiceWithoutAPort_IsNoReasonForARoute()
    {
        var release = ComposeFolder.Service("x-release: {before: migrate}").Release;
        (release.IsRouted, release.Before.Count).ShouldBe((false, 1));
        ComposeFolder.Service("ports: ['80']\nx-release: {before: migrate}").Release.IsRouted.ShouldBeTrue("it publishes a port as ever");
        ComposeFolder.Service("x-release: {before: migrate, port: 80}").Release.IsRouted.ShouldBeTrue("it says something of a route");
    }

    [Theory]
    [InlineData("before: []", "before", "there is no job", "run: [")]
    [InlineData("before: {timeout: 5m}", "before", "a job without a command", "run: [")]
    [InlineData("before: {run: []}", "before.run", "the command is empty", "run: [")]
    [InlineData("before: [[migrate]]", "before[0]", "a list is no job", "run: [")]
    [InlineData("before: {run: \"bin/migrate && bin/seed\"}", "before.run", "'&&' is for a shell, and no shell reads this command", "[\"sh\", \"-c\", \"bin/migrate && bin/seed\"]")]
    [InlineData("before: {run: \"migrate 'x\"}", "before.run", "a quote is not closed", "a closing quote")]
    [InlineData("before: {run: migrate, timeout: soon}", "before.timeout", "'soon' is no duration", "30s")]
    [InlineData("before: {run: migrate, timeout: 0s}", "before.timeout", "it must be longer than nothing", "5m")]
    [InlineData("before: {run: migrate, one-way: perhaps}", "before.one-way", "'perhaps' is neither true nor false", "true or false")]
    [InlineData("before: {run: migrate, retries: 3}", "before.retries", "'retries'", "")]
    public void Before_Wrong_IsSaidWithWhatWouldBeRight(string before, string key, string message, string expected)
    {
        var error = ComposeFolder.ErrorsOf($"ports: ['80']\nx-release: {{{before}}}").ShouldHaveSingleItem();
        error.Key.ShouldBe($"services.web.x-release.{key}");
        error.Message.ShouldContain(message);
        (error.Expected ?? "").ShouldContain(expected);
        error.Line.ShouldBe(5);
    }

    [Fact]
    public void Before_SeveralMistakes_AreReportedTogether() =>
        ComposeFolder.ErrorsOf("ports: ['80']\nx-release: {before: [{timeout: 1s}, {run: a, timeout: x}, {run: []}]}").Count.ShouldBe(3);

    [Fact]
    public void Before_OfTheFile_IsRefused()
    {
        using var folder = new ComposeFolder("x-release: {before: migrate}\nservices: {web: {image: app, ports: ['80']}}");
        var error = folder.Errors().ShouldHaveSingleItem();
        (error.Key, error.Line).ShouldBe(("x-release.before", 1));
        error.Expected!.ShouldContain("services.NAME.x-release");
    }
}
