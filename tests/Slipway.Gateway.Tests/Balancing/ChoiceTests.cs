using System.Net;
using Slipway.Gateway.Balancing;
using InstanceState = Slipway.Gateway.Routing.InstanceState;

namespace Slipway.Gateway.Tests.Balancing;

public sealed class ChoiceTests
{
    static readonly Look Any = new(null, long.MaxValue, false);

    static InstanceState[] Instances(int count) => [.. Enumerable.Range(0, count).Select(i => new InstanceState($"{i}", new IPEndPoint(IPAddress.Loopback, 1000 + i)))];

    [Fact]
    public void TwoChoices_ManyRequests_AreSpreadAsTheoryHasIt()
    {
        const int count = 100, each = 100;
        var instances = Instances(count);
        var pool = new Pool(instances, null, null);
        for (var i = 0; i < count * each; i++) new TwoChoices().Choose(pool, null!, 0, Any)!.Enter();

        // Beyond the mean by log2(log2 n) and a constant, whatever the mean; one choice alone has about 3 standard deviations, 30.
        instances.Max(i => i.InFlight).ShouldBeLessThanOrEqualTo(each + 8);
        instances.Min(i => i.InFlight).ShouldBeGreaterThan(each - 20);
    }

    [Fact]
    public void TwoChoices_OneIsLeft_IsFound()
    {
        var instances = Instances(50);
        var pool = new Pool(instances, null, null);
        for (var i = 0; i < 200; i++) new TwoChoices().Choose(pool, null!, 0, Any with { Tried = instances[1..] }).ShouldBe(instances[0]);
        new TwoChoices().Choose(pool, null!, 0, Any with { Tried = instances }).ShouldBeNull();
    }

    [Fact]
    public void RoundRobin_InFlightOrNot_IsInTurn()
    {
        var instances = Instances(3);
        var pool = new Pool(instances, null, null);
        for (var i = 0; i < 9; i++) instances[0].Enter();
        var balance = new RoundRobin();
        var first = Enumerable.Range(0, 3).Select(_ => balance.Choose(pool, null!, 0, Any)).ToList();
        first.Distinct().Count().ShouldBe(3);
        for (var i = 0; i < 9; i++) balance.Choose(pool, null!, 0, Any).ShouldBe(first[i % 3]);
        instances[1].Eject(0, TimeSpan.FromSeconds(10));
        for (var i = 0; i < 9; i++) balance.Choose(pool, null!, 0, Any with { Now = 5 }).ShouldNotBe(instances[1]);
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    [InlineData(7, 3)]
    public void RoundRobin_OneIsEjected_TheOthersShareItsTurns(int count, int ejected)
    {
        var instances = Instances(count);
        var pool = new Pool(instances, null, null);
        instances[ejected].Eject(0, TimeSpan.FromSeconds(10));
        var balance = new RoundRobin();
        var rounds = count * (count - 1);
        var times = Enumerable.Range(0, rounds * 10).GroupBy(_ => balance.Choose(pool, null!, 0, Any with { Now = 5 })!).ToDictionary(g => g.Key, g => g.Count());
        times.Count.ShouldBe(count - 1);
        times.Values.ShouldAllBe(n => n == 10 * count);
    }
}
