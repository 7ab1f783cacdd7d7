using Microsoft.Extensions.Logging.Abstractions;
using Slipway.Contracts;
using Slipway.Engines;
using Slipway.Model;
using Slipway.Server.Logs;

namespace Slipway.Server.Tests.Logs;

public sealed class AppLogsTests
{
    static readonly AppName Shop = AppName.Parse("shop");

    readonly FakeEngine _engine = new(TimeProvider.System);
    readonly AppLogs _logs;

    public AppLogsTests() => _logs = new AppLogs(_engine, TimeProvider.System, NullLogger<AppLogs>.Instance);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Read_Following_JoinsInstancesThatAreStartedLater()
    {
        await _engine.Apply(Workload("web", 1), Cancel);
        await using var lines = (await _logs.Read(Shop, null, new LogQuery { Follow = true }, Cancel)).GetAsyncEnumerator(Cancel);
        (await Next(lines)).ShouldBe("shop.web.v1.1");

        await _engine.Apply(Workload("web", 2), Cancel);
        (await Next(lines)).ShouldBe("shop.web.v2.1");
        await _engine.Apply(Workload("redis", 2), Cancel);
        (await Next(lines)).ShouldBe("shop.redis.v2.1");
    }

    [Fact]
    public async Task Read_FollowingOneService_JoinsOnlyItsInstances()
    {
        await _engine.Apply(Workload("web", 1), Cancel);
        await using var lines = (await _logs.Read(Shop, "web", new LogQuery { Follow = true }, Cancel)).GetAsyncEnumerator(Cancel);
        (await Next(lines)).ShouldBe("shop.web.v1.1");

        await _engine.Apply(Workload("redis", 2), Cancel);
        await _engine.Apply(Workload("web", 2), Cancel);

        (await Next(lines)).ShouldBe("shop.web.v2.1");
    }

    [Fact]
    public async Task Read_EngineAwayWhileFollowing_GoesOnWhenItIsBack()
    {
        await _engine.Apply(Workload("web", 1), Cancel);
        await using var lines = (await _logs.Read(Shop, null, new LogQuery { Follow = true }, Cancel)).GetAsyncEnumerator(Cancel);
        (await Next(lines)).ShouldBe("shop.web.v1.1");
        var next = Next(lines);
        _engine.IsAway = true;
        await Task.WhenAny(next, Task.Delay(TimeSpan.FromSeconds(1.5), Cancel));
        next.IsCompleted.ShouldBeFalse();

        _engine.IsAway = false;
        await _engine.Apply(Workload("web", 2), Cancel);

        (await next).ShouldBe("shop.web.v2.1");
    }

    [Fact]
    public async Task Read_NotFollowing_EndsWithTheLastLine()
    {
        await _engine.Apply(Workload("web", 1), Cancel);
        await _engine.Apply(Workload("redis", 1), Cancel);

        var instances = new List<string>();
        await foreach (var line in await _logs.Read(Shop, null, new LogQuery(), Cancel)) instances.Add(line.Instance);

        instances.Order(StringComparer.Ordinal).ShouldBe(["shop.redis.v1.1", "shop.web.v1.1"]);
    }

    static async Task<string> Next(IAsyncEnumerator<LogLine> lines)
    {
        (await lines.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancel)).ShouldBeTrue();
        return lines.Current.Instance;
    }

    static Workload Workload(string service, int release) => new()
    {
        App = Shop,
        Service = service,
        Release = release,
        Hash = $"{release:x16}",
        Image = "memory/sleep",
        Container = new(),
        Replicas = 1,
    };
}
