using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Governing;

/// <summary>What a release was made from, what it changed, how long it took and how it ended.</summary>
public sealed class ChangesTests : IAsyncLifetime
{
    readonly World _world = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Release_Second_KnowsItsCommitAndWhatItChanged()
    {
        await Deploy(Sample.Model(Strategy.Rolling), web: 1, commit: "aaaa", by: "alice");
        _world.Queries.LiveCommit(Sample.App).ShouldBe("aaaa");
        var model = Sample.Model(Strategy.Rolling);
        model = model with { Services = [.. model.Services.Select(s => s.Name == "web" ? s with { Container = s.Container with { Environment = new Dictionary<string, string> { ["API_PASSWORD"] = "hunter2" } } } : s)] };
        var rollout = await Deploy(model, web: 2, commit: "bbbb", by: "bob");

        var report = _world.Canaries.Report(Sample.App, 2)!;
        var changes = report.Changes.ShouldNotBeNull();
        (changes.Rollout, changes.By, changes.From, changes.Git!.Commit).ShouldBe((rollout.Id, "bob", 1, "bbbb"));
        changes.Changes.ShouldContain(c => c.Kind == ChangeKind.Image && c.Service == "web" && c.Before == Sample.Image(Sample.App, "web", 1) && c.After == Sample.Image(Sample.App, "web", 2));
        changes.Changes.ShouldContain(c => c.Kind == ChangeKind.Environment && c.IsSecret);
        System.Text.Json.JsonSerializer.Serialize(report, ModelJson.Default.ReleaseReport).ShouldNotContain("hunter2");

        var listed = _world.Queries.Releases(Sample.App);
        listed.Select(r => (r.Number, r.By, r.Commit, r.State)).ShouldBe([(2, "bob", "bbbb", RolloutState.Done), (1, "alice", "aaaa", RolloutState.Done)]);
        listed.ShouldAllBe(r => r.Took > TimeSpan.Zero);
        _world.Queries.LiveCommit(Sample.App).ShouldBe("bbbb");
    }

    [Fact]
    public async Task Rollback_LeavesTheStoryOfTheReleaseAsItIs()
    {
        await Deploy(Sample.Model(Strategy.Rolling), web: 1, commit: "aaaa", by: "alice");
        await Deploy(Sample.Model(Strategy.Rolling), web: 2, commit: "bbbb", by: "bob");
        await _world.Reaches(await _world.Rollouts.Rollback(Sample.App, 1, _cancel, "carol"), RolloutState.Done);
        _world.Queries.Releases(Sample.App).Single(r => r.Number == 1).ShouldSatisfyAllConditions(r => r.By.ShouldBe("alice"), r => r.Commit.ShouldBe("aaaa"));
        _world.Queries.LiveCommit(Sample.App).ShouldBe("aaaa");
    }

    [Fact]
    public async Task OldReleases_AreForgottenWithTheirChanges()
    {
        for (var version = 1; version <= 7; version++) await Deploy(Sample.Model(Strategy.Rolling), version, $"c{version}", "alice");
        _world.Queries.Releases(Sample.App).ShouldAllBe(r => r.Commit != null);
        _world.Store.Read(db => Dapper.SqlMapper.ExecuteScalar<long>(db, "SELECT count(*) FROM release_changes")).ShouldBe(_world.Queries.Releases(Sample.App).Count);
    }

    async Task<Rollout> Deploy(AppModel model, int web, string commit, string by)
    {
        var rollout = await _world.Rollouts.Deploy(model.Name, new DeploySource { Directory = "/src" }, false, _cancel, by);
        await _world.Rollouts.TakeQueued(_cancel);
        _world.Time.MoveTo(_world.Time.Now.AddSeconds(5));
        await _world.Rollouts.Stage(
            rollout.Id, model, model.Services.ToDictionary(s => s.Name, s => Sample.Image(model.Name, s.Name, s.Name == "redis" ? 1 : web)), new Dictionary<string, ImageFacts>(), _cancel,
            new GitFacts { Commit = commit });
        await _world.Reaches(rollout, RolloutState.Done);
        return rollout;
    }
}
