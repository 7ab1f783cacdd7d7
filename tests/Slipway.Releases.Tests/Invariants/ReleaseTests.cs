using Slipway.Model;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Invariants;

/// <summary>Invariants that are told by one example best: docs/design/invariants.md.</summary>
public sealed class ReleaseTests : IAsyncLifetime
{
    readonly World _world = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Rollback_ToAColdRelease_RestoresImageEnvironmentAndSecretsAsTheyWere()
    {
        var token = Path.Combine(_world.Folder, "token");
        foreach (var version in (int[])[1, 2, 3])
        {
            await File.WriteAllTextAsync(token, $"secret {version}", _cancel);
            await _world.Reaches((await _world.Deploy(Model(version, token), version, autoPromote: true)).Rollout, RolloutState.Done);
        }
        File.Delete(token);
        _world.Stored(Sample.App)!.Slots.ShouldNotContain(s => s.Release.Number == 1);
        var applied = new List<Workload>();
        _world.Engine.Applying += w => applied.Add(w);

        await _world.Reaches(await _world.Rollouts.Rollback(Sample.App, 1, _cancel), RolloutState.Done);

        var web = applied.First(w => w.Service == "web");
        web.Image.ShouldEndWith(Sample.Image(Sample.App, "web", 1));
        web.Container.Environment["GREETING"].ShouldBe("hello 1");
        (await File.ReadAllTextAsync(web.Container.Files.Single().Source!, _cancel)).ShouldBe("secret 1");
        _world.Queries.Releases(Sample.App).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Services_OfOneApp_ChangeHandsInOneTable_ForwardAndBack()
    {
        await _world.Reaches((await _world.Deploy(Group(), 1)).Rollout, RolloutState.Done);
        var seen = new List<string>();
        _world.Gateways.Swapped += table => seen.Add(string.Join(' ', table.Routes.Where(r => !r.IsPreview).OrderBy(r => r.Service).Select(r => $"{r.Service}:v{r.Destinations.Single().Release}")));

        var (rollout, _) = await _world.Deploy(Group(), 2);
        await _world.Reaches(rollout, RolloutState.Holding);
        await _world.Rollouts.Promote(Sample.App, _cancel);
        await _world.Reaches(rollout, RolloutState.Done);
        await _world.Reaches(await _world.Rollouts.Rollback(Sample.App, null, _cancel), RolloutState.Done);

        seen.Aggregate(new List<string>(), (distinct, one) => distinct.LastOrDefault() == one ? distinct : [.. distinct, one]).ShouldBe(["api:v1 web:v1", "api:v2 web:v2", "api:v1 web:v1"]);
    }

    static AppModel Model(int version, string token)
    {
        var model = Sample.Model(Strategy.BlueGreen);
        var grant = new FileGrant { Name = "token", Source = token, Target = "/run/secrets/token", IsSecret = true };
        var container = new ContainerSpec { Environment = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["GREETING"] = $"hello {version}" }, Files = [grant] };
        return model with { Services = [model.Services[0] with { Container = container }, model.Services[1]] };
    }

    /// <summary>web and api, both with routes.</summary>
    static AppModel Group()
    {
        var model = Sample.Model(Strategy.BlueGreen);
        var api = model.Services[0] with { Name = "api", Release = model.Services[0].Release with { Hosts = ["api.shop.localhost"] } };
        return model with { Services = [.. model.Services, api] };
    }
}
