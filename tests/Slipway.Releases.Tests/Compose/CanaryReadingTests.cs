using Slipway.Model;
using Slipway.Releases.Compose;

namespace Slipway.Releases.Tests.Compose;

public sealed class CanaryReadingTests
{
    [Fact]
    public void Canary_Alone_HasTheDefaults()
    {
        var release = ComposeFolder.Service("ports: ['80']\nx-release: {strategy: canary}").Release;
        release.Strategy.ShouldBe(Strategy.Canary);
        var canary = release.Canary.ShouldNotBeNull();
        canary.Steps.Select(s => (s.Weight, s.Lasts.TotalMinutes)).ShouldBe([(500, 2), (2500, 5), (5000, 5), (10000, 10)]);
        canary.Sticky.ShouldBe(StickyKind.User);
        var judge = canary.Judge;
        (judge.Window, judge.Every, judge.MinRequests, judge.FailAfter, judge.FailOf, judge.HoldMax)
            .ShouldBe((TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(15), 100, 2, 4, TimeSpan.FromMinutes(30)));
        judge.Checks.Select(c => (c.Measure, c.Limit, c.VersusStable)).ShouldBe([(JudgeMeasure.Errors, 0.01, 0.005), (JudgeMeasure.P99, 500, 1.2), (JudgeMeasure.Restarts, 0, null)]);
    }

    [Fact]
    public void Canary_Full_IsRead()
    {
        var canary = ComposeFolder.Service("""
            ports: ['80']
            x-release:
              strategy: canary
              sticky: header:X-User
              steps: [{approve: true}, {weight: 0.5%, for: 90s}, {approve: true}, {weight: 12.34%, for: 1h}, {weight: 100%}]
              judge:
                window: 5m
                every: 30s
                min-requests: 20
                fail-after: 3 of 5
                no-data: hold
                hold-max: 2h
                checks: [{errors: 0.1%, vs-stable: +0.25pp}, {p99: any, vs-stable: 1.5x}, {restarts: 3}]
            """).Release.Canary!;
        canary.Steps.Select(s => s.Weight).ShouldBe([null, 50, null, 1234, 10000]);
        canary.Steps.Select(s => s.Lasts).ShouldBe([TimeSpan.Zero, TimeSpan.FromSeconds(90), TimeSpan.Zero, TimeSpan.FromHours(1), TimeSpan.FromMinutes(10)]);
        Enumerable.Range(0, 5).Select(canary.WeightAt).ShouldBe([0, 50, 50, 1234, 10000]);
        (canary.Sticky, canary.StickyHeader).ShouldBe((StickyKind.Header, "X-User"));
        (canary.Judge.FailAfter, canary.Judge.FailOf, canary.Judge.MinRequests).ShouldBe((3, 5, 20));
        canary.Judge.Checks.Select(c => (c.Measure, c.Limit, c.VersusStable)).ShouldBe([(JudgeMeasure.Errors, 0.001, 0.0025), (JudgeMeasure.P99, null, 1.5), (JudgeMeasure.Restarts, 3, null)]);
    }

    [Theory]
    [InlineData("true", null, 1, false)]
    [InlineData("release-managers", "release-managers", 1, false)]
    [InlineData("{by: release-managers, count: 2}", "release-managers", 2, false)]
    [InlineData("{count: 2}", null, 2, false)]
    [InlineData("{by: qa, not-author: true}", "qa", 1, true)]
    [InlineData("{count: 1}", null, 1, false)]
    public void Approve_Forms_AreRead(string text, string? by, int count, bool notAuthor)
    {
        var step = ComposeFolder.Service($"ports: ['80']\nx-release: {{strategy: canary, steps: [{{approve: {text}}}, {{weight: 100%}}]}}").Release.Canary!.Steps[0];
        step.IsApproval.ShouldBeTrue();
        var rule = step.Approve ?? new ApprovalRule();
        (rule.By, rule.Count, rule.NotAuthor).ShouldBe((by, count, notAuthor));
        (step.Approve is null).ShouldBe(by is null && count == 1 && !notAuthor);
    }

    [Fact]
    public void Checks_Empty_AreNone() =>
        ComposeFolder.Service("ports: ['80']\nx-release: {strategy: canary, judge: {checks: []}}").Release.Canary!.Judge.Checks.ShouldBeEmpty();

    [Theory]
    [InlineData("steps: []", "steps", "no step", "at least")]
    [InlineData("steps: 5%", "steps", "a single value stands where a list belongs", "a list")]
    [InlineData("steps: [5%]", "steps[0]", "no step", "{weight: 5%, for: 2m}")]
    [InlineData("steps: [{weight: 5%, for: 2m}]", "steps[0]", "does not give the new release all requests", "{weight: 100%, bake: 10m}")]
    [InlineData("steps: [{weight: 100%}, {approve: true}]", "steps[1]", "does not give the new release all requests", "at the end")]
    [InlineData("steps: [{weight: 5%, for: 2m}, {weight: 5%, for: 2m}, {weight: 100%}]", "steps[1].weight", "5% does not rise over the 5% before it", "more than 5%")]
    [InlineData("steps: [{weight: 50%, for: 2m}, {weight: 10%, for: 2m}, {weight: 100%}]", "steps[1].weight", "10% does not rise over the 50% before it", "more than 50%")]
    [InlineData("steps: [{weight: 5}, {weight: 100%}]", "steps[0].weight", "'5' is no percentage", "for example 5%")]
    [InlineData("steps: [{weight: 0%, for: 1m}, {weight: 100%}]", "steps[0].weight", "no weight", "0.01% to 100%")]
    [InlineData("steps: [{weight: 0.005%, for: 1m}, {weight: 100%}]", "steps[0].weight", "no weight", "two digits")]
    [InlineData("steps: [{weight: 101%, for: 1m}]", "steps[0].weight", "no percentage", "0.01% to 100%")]
    [InlineData("steps: [{weight: 5%}, {weight: 100%}]", "steps[0]", "does not say how long it lasts", "for: 2m")]
    [InlineData("steps: [{weight: 5%, for: 0}, {weight: 100%}]", "steps[0].for", "longer than nothing", "2m")]
    [InlineData("steps: [{weight: 5%, bake: 1m}, {weight: 100%}]", "steps[0].bake", "only the step with all requests is baked", "for: 2m")]
    [InlineData("steps: [{weight: 100%, for: 1m}]", "steps[0].for", "is baked", "bake: 10m")]
    [InlineData("steps: [{approve: false}, {weight: 100%}]", "steps[0].approve", "no step", "approve: true")]
    [InlineData("steps: [{approve: Release Managers}, {weight: 100%}]", "steps[0].approve", "'Release Managers' is no role", "release-managers")]
    [InlineData("steps: [{approve: {by: 7up}}, {weight: 100%}]", "steps[0].approve.by", "is no role", "beginning with a letter")]
    [InlineData("steps: [{approve: {count: 0}}, {weight: 100%}]", "steps[0].approve.count", "no number that fits", "from 1 to 10")]
    [InlineData("steps: [{approve: {role: qa}}, {weight: 100%}]", "steps[0].approve.role", "not known", null)]
    [InlineData("steps: [{approve: {}}, {weight: 100%}]", "steps[0].approve", "asks for nothing", "by, count or not-author")]
    [InlineData("steps: [{approve: true, for: 1m}, {weight: 100%}]", "steps[0].for", "waits for a person", "of its own")]
    [InlineData("steps: [{for: 1m}, {weight: 100%}]", "steps[0]", "neither weight nor mirror nor approve", "{approve: true}")]
    [InlineData("sticky: cookie", "sticky", "no way to tell users apart", "none, user or header:NAME")]
    [InlineData("sticky: 'header:'", "sticky", "no way to tell users apart", "header:X-User")]
    [InlineData("sticky: 'header:X User'", "sticky", "no way to tell users apart", "header:X-User")]
    [InlineData("judge: {fail-after: 2}", "judge.fail-after", "'2' does not say", "2 of 4")]
    [InlineData("judge: {fail-after: 5 of 4}", "judge.fail-after", "how many failed verdicts", "1 <= N <= M")]
    [InlineData("judge: {no-data: pass}", "judge.no-data", "'pass' can't be done without data", "hold")]
    [InlineData("judge: {window: 5s}", "judge.window", "the window (5 s) is shorter than the time between two verdicts (15 s)", "as long as every")]
    [InlineData("judge: {every: 0.5s}", "judge.every", "more than once a second", "1s")]
    [InlineData("judge: {min-requests: 0}", "judge.min-requests", "no number that fits", "from 1")]
    [InlineData("judge: {hold-max: 0}", "judge.hold-max", "longer than nothing", "2m")]
    [InlineData("judge: {checks: [{vs-stable: 1.2x}]}", "judge.checks[0]", "names nothing that is measured", "one of errors, p99 and restarts")]
    [InlineData("judge: {checks: [{errors: 1%, p99: 1s}]}", "judge.checks[0]", "errors and p99 stand in one check", "one of")]
    [InlineData("judge: {checks: [{errors: 1%}, {errors: 2%}]}", "judge.checks[1]", "errors is checked twice", "one check")]
    [InlineData("judge: {checks: [{errors: 5}]}", "judge.checks[0].errors", "'5' is no percentage", "1%")]
    [InlineData("judge: {checks: [{errors: 1%, vs-stable: 1.2x}]}", "judge.checks[0].vs-stable", "no difference of errors", "+0.5pp")]
    [InlineData("judge: {checks: [{p99: 1s, vs-stable: +0.5pp}]}", "judge.checks[0].vs-stable", "no factor", "1.2x")]
    [InlineData("judge: {checks: [{p99: 1s, vs-stable: 0.9x}]}", "judge.checks[0].vs-stable", "no factor", "from 1x")]
    [InlineData("judge: {checks: [{p99: any}]}", "judge.checks[0].p99", "nothing is compared", "vs-stable")]
    [InlineData("judge: {checks: [{restarts: 0, vs-stable: 1x}]}", "judge.checks[0].vs-stable", "not compared", "without vs-stable")]
    [InlineData("judge: {checks: [{restarts: any, vs-stable: 1x}]}", "judge.checks[0].vs-stable", "not compared", null, 2)]
    [InlineData("judge: {latency: 1s}", "judge.latency", "not known", null)]
    public void Bad_IsAnErrorAtItsKey(string keys, string key, string message, string? expected, int errors = 1)
    {
        var all = ComposeFolder.ErrorsOf($"x-release: {{strategy: canary, {keys}}}");
        all.Count.ShouldBe(errors, string.Join('\n', all));
        var error = all[0];
        error.Key.ShouldBe($"services.web.x-release.{key}");
        error.Message.ShouldContain(message);
        error.Line.ShouldNotBeNull();
        if (expected is not null) error.Expected.ShouldNotBeNull().ShouldContain(expected);
    }

    [Theory]
    [InlineData("steps: [{weight: 100%}]")]
    [InlineData("sticky: none")]
    [InlineData("judge: {window: 60s}")]
    public void CanaryKeys_WithoutAStrategy_AreAnError(string keys) =>
        ComposeFolder.ErrorsOf($"ports: ['80']\nx-release: {{{keys}}}").ShouldHaveSingleItem().Message.ShouldContain("belongs to the strategy canary");

    [Fact]
    public void CanaryKeys_OfAnotherStrategy_AreAWarning()
    {
        using var folder = new ComposeFolder("services: {web: {image: a, ports: ['80'], x-release: {strategy: rolling, sticky: none}}}");
        ComposeFile.Read(folder.Request).Warnings.ShouldHaveSingleItem().Message.ShouldContain("not used");
    }

    [Fact]
    public void Services_OfOneFile_ShareTheFilesPolicy()
    {
        using var folder = new ComposeFolder("""
            x-release: {strategy: canary, sticky: none, steps: [{weight: 10%, for: 1m}, {weight: 100%}]}
            services:
              web: {image: a, ports: ['80']}
              api: {image: a, ports: ['81'], x-release: {path: /api}}
              static: {image: a, ports: ['82'], x-release: {strategy: rolling}}
              worker: {image: a}
              db: {image: a, volumes: ['d:/d']}
            volumes: {d: }
            """);
        var result = ComposeFile.Read(folder.Request);
        result.Warnings.ShouldBeEmpty();
        result.Model.Find("api")!.Release.Canary!.Steps.ShouldBe(result.Model.Find("web")!.Release.Canary!.Steps);
        result.Model.Find("static")!.Release.Canary.ShouldBeNull();
        result.Model.Find("worker")!.Release.Strategy.ShouldBe(Strategy.Canary);
        result.Model.Find("db")!.Release.Strategy.ShouldBe(Strategy.Recreate);
    }

    [Theory]
    [InlineData("steps: [{weight: 20%, for: 1m}, {weight: 100%}]", "steps")]
    [InlineData("sticky: none", "sticky")]
    [InlineData("judge: {every: 30s}", "judge")]
    public void Services_ThatDiffer_AreAnErrorThatSaysWhereToWriteIt(string keys, string key)
    {
        using var folder = new ComposeFolder($"services:\n  web: {{image: a, ports: ['80'], x-release: {{strategy: canary}}}}\n  api: {{image: a, ports: ['81'], x-release: {{strategy: canary, {keys}}}}}\n");
        var error = folder.Errors().ShouldHaveSingleItem();
        error.Key.ShouldBe($"services.api.x-release.{key}");
        error.Message.ShouldBe($"'web' and 'api' differ in {key}; an app's services are replaced as one group");
        error.Expected.ShouldNotBeNull().ShouldContain("the file's own x-release");
    }

    [Fact]
    public void Services_CanaryAndBlueGreen_AreAnError()
    {
        using var folder = new ComposeFolder("services:\n  web: {image: a, ports: ['80'], x-release: {strategy: canary}}\n  api: {image: a, ports: ['81'], x-release: {strategy: blue-green}}\n");
        var error = folder.Errors().ShouldHaveSingleItem();
        (error.Key, error.Line).ShouldBe(("services.api.x-release.strategy", 3));
    }
}
