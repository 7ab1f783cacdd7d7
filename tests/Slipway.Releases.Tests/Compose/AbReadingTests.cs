using Slipway.Model;
using Slipway.Releases.Compose;

namespace Slipway.Releases.Tests.Compose;

public sealed class AbReadingTests
{
    [Fact]
    public void Ab_Full_IsRead()
    {
        var release = ComposeFolder.Service("""
            ports: ['80']
            x-release:
              strategy: ab
              sticky: header:X-User
              match: [{header: {X-Preview: "1"}}]
              judge: {checks: [{errors: 2%}]}
              ab:
                share: 33.33%
                until: 2999-12-31
                then: promote
                min-requests: 5000
                goals: [{path: /thanks}, {path: /api/order, method: POST, status: [2xx, 302]}, {name: Sign-up, path: /signup/**, status: 201}]
            """).Release;
        release.Strategy.ShouldBe(Strategy.Ab);
        release.Match.ShouldNotBeNull().Count.ShouldBe(1);
        var policy = release.Canary.ShouldNotBeNull();
        policy.Steps.ShouldHaveSingleItem().Weight.ShouldBe(3333);
        (policy.Sticky, policy.StickyHeader, policy.IsByMatchAlone).ShouldBe((StickyKind.Header, "X-User", false));
        var ab = policy.Ab.ShouldNotBeNull();
        (ab.Until, ab.For, ab.Then, ab.MinRequests).ShouldBe((new DateTimeOffset(3000, 1, 1, 0, 0, 0, TimeSpan.Zero), null, AbEnd.Promote, 5000));
        ab.Goals.Select(g => g.Name).ShouldBe(["/thanks", "POST /api/order", "Sign-up"]);
        ab.Goals.Select(g => string.Join(" ", g.Statuses.Select(s => $"{s.Low}-{s.High}"))).ShouldBe(["200-399", "200-299 302-302", "201-201"]);
        ab.Goals[1].Request.Methods.ShouldBe(["POST"]);
    }

    [Fact]
    public void Ab_ByMatchAlone_HasTheDefaults()
    {
        var policy = ComposeFolder.Service("ports: ['80']\nx-release: {strategy: ab, match: {cookie: {beta: x}}}").Release.Canary!;
        policy.IsByMatchAlone.ShouldBeTrue();
        (policy.Ab!.Until, policy.Ab.For, policy.Ab.Then, policy.Ab.MinRequests).ShouldBe((null, null, AbEnd.Hold, 1000));
        policy.Judge.Window.ShouldBe(TimeSpan.FromMinutes(5));
        policy.Judge.Checks.Select(c => (c.Measure, c.Limit, c.VersusStable)).ShouldBe([(JudgeMeasure.Errors, 0.05, null), (JudgeMeasure.Restarts, 2, null)]);
    }

    [Theory]
    [InlineData("", "strategy", "neither a share of the users nor a match", "ab: {share: 50%}")]
    [InlineData("ab: {for: 1d}", "ab", "neither a share of the users nor a match", "match")]
    [InlineData("ab: 50%", "ab", "is no experiment", "{share: 50%, for: 14d}", 2)]
    [InlineData("ab: {share: 50%}, steps: [{weight: 100%}]", "steps", "an experiment has no steps", "strategy: canary")]
    [InlineData("ab: {share: 50%}, sticky: none", "sticky", "nobody would stay on his side", "user or header:NAME")]
    [InlineData("ab: {share: 101%}", "ab.share", "no percentage", "99.99%")]
    [InlineData("ab: {share: 100%}", "ab.share", "nobody to compare with", "99.99%")]
    [InlineData("ab: {share: 0%}", "ab.share", "no share", "0.01%")]
    [InlineData("ab: {share: 50%, until: 2020-01-31}", "ab.until", "would have ended on 2020-02-01 00:00 UTC", "a date after")]
    [InlineData("ab: {share: 50%, until: soon}", "ab.until", "'soon' is no date", "2026-12-31")]
    [InlineData("ab: {share: 50%, until: 2999-01-01T10:00}", "ab.until", "is no date", "with its offset")]
    [InlineData("ab: {share: 50%, until: 2999-01-01, for: 1d}", "ab.for", "both say when the experiment ends", "one of them")]
    [InlineData("ab: {share: 50%, for: 0}", "ab.for", "no time for an experiment", "14d")]
    [InlineData("ab: {share: 50%, for: 1d, then: stop}", "ab.then", "'stop' is nothing", "hold, promote or abort")]
    [InlineData("ab: {share: 50%, then: promote}", "ab.then", "has no end", "for: 14d")]
    [InlineData("ab: {share: 50%, min-requests: 0}", "ab.min-requests", "no number that fits", "from 1")]
    [InlineData("ab: {share: 50%, weight: 5%}", "ab.weight", "not known", null)]
    [InlineData("ab: {share: 50%, goals: [/thanks]}", "ab.goals[0]", "is no goal", "{path: /thanks}")]
    [InlineData("ab: {share: 50%, goals: [{method: POST}]}", "ab.goals[0]", "which path is reached", "{path: /thanks}")]
    [InlineData("ab: {share: 50%, goals: [{path: /a}, {path: /a}]}", "ab.goals[1]", "two goals are called '/a'", "name:")]
    [InlineData("ab: {share: 50%, goals: [{path: /a, status: ok}]}", "ab.goals[0].status", "'ok' is no status", "2xx")]
    [InlineData("match: {method: GET}, judge: {checks: [{errors: 1%, vs-stable: +1pp}]}", "judge.checks", "no random sample", "without vs-stable")]
    public void Bad_IsAnErrorAtItsKey(string keys, string key, string message, string? expected, int errors = 1)
    {
        var all = ComposeFolder.ErrorsOf($"ports: ['80']\nx-release: {{strategy: ab, {keys}}}");
        all.Count.ShouldBe(errors, string.Join('\n', all));
        all[0].Key.ShouldBe($"services.web.x-release.{key}");
        all[0].Message.ShouldContain(message);
        all[0].Line.ShouldNotBeNull();
        if (expected is not null) all[0].Expected.ShouldNotBeNull().ShouldContain(expected);
    }

    [Fact]
    public void Bad_InSeveralPlaces_IsReportedTogether() =>
        ComposeFolder.ErrorsOf("ports: ['80']\nx-release: {strategy: ab, sticky: none, steps: [], ab: {share: 120%, until: 2020-01-01, then: x}}").Count.ShouldBe(5);

    [Fact]
    public void Ab_WithoutItsStrategy_IsAnErrorAndBesideAnotherAWarning()
    {
        ComposeFolder.ErrorsOf("ports: ['80']\nx-release: {ab: {share: 50%}}").ShouldHaveSingleItem().Message.ShouldContain("no strategy is named");
        using var folder = new ComposeFolder("services: {web: {image: a, ports: ['80'], x-release: {strategy: canary, ab: {share: 50%}}}}");
        ComposeFile.Read(folder.Request).Warnings.ShouldHaveSingleItem().Message.ShouldContain("not used: 'ab'");
    }

    [Fact]
    public void Services_OfOneApp_AreOneExperiment()
    {
        using var folder = new ComposeFolder("""
            services:
              web: {image: a, ports: ['80'], x-release: {strategy: ab, ab: {share: 50%, for: 1d}}}
              api: {image: a, ports: ['81'], x-release: {strategy: ab, ab: {share: 50%, for: 2d}}}
              blog: {image: a, ports: ['82'], x-release: {strategy: canary}}
            """);
        folder.Errors().Select(e => e.Message).ShouldBe(
        [
            "'web' and 'api' differ in ab; an app's services are replaced as one group",
            "'web' is an experiment and 'blog' is a canary; an app's services are replaced as one group",
        ], ignoreOrder: true);
    }
}
