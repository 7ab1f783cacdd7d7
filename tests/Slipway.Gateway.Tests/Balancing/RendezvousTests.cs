using System.Net;
using Slipway.Gateway.Balancing;
using Slipway.Gateway.Measuring;
using Slipway.Gateway.Splitting;
using Slipway.Model;
using InstanceState = Slipway.Gateway.Routing.InstanceState;

namespace Slipway.Gateway.Tests.Balancing;

public sealed class RendezvousTests
{
    const int Keys = 20_000;

    static readonly Look Any = new(null, long.MaxValue, false);

    static InstanceState[] Instances(int count, int seed = 0) => [.. Enumerable.Range(0, count).Select(i => new InstanceState($"{seed}-{i}", new IPEndPoint(IPAddress.Loopback, 1000 + i)))];

    static (Rendezvous Hash, Pool Pool) Of(InstanceState[] instances, int load = 10_000)
    {
        var pool = new Pool(instances, null, null);
        return (new Rendezvous(new HashKey(new BalancePolicy { Kind = BalanceKind.Hash }), load, pool), pool);
    }

    static ulong Key(int i) => Hashes.Of(BitConverter.GetBytes(i));

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(64)]
    public void Choose_InstanceGone_MovesItsKeysAndNoOthers(int count)
    {
        for (var seed = 0; seed < 5; seed++)
        {
            var before = Instances(count, seed);
            var gone = before[seed % count];
            var after = before.Where(i => i != gone).ToArray();
            var ((one, pool), (other, smaller)) = (Of(before), Of(after));

            var moved = 0;
            var heirs = new HashSet<string>();
            for (var i = 0; i < Keys; i++)
            {
                var (was, now) = (one.Choose(pool, Key(i), Any)!, other.Choose(smaller, Key(i), Any)!);
                if (was == gone)
                {
                    moved++;
                    heirs.Add(now.Id);
                }
                else
                {
                    now.ShouldBe(was);
                }
            }
            // Six standard deviations of a binomial.
            ((double)moved / Keys).ShouldBe(1.0 / count, 6 * Math.Sqrt(1.0 / count / Keys));
            heirs.Count.ShouldBe(Math.Min(count - 1, heirs.Count));
            heirs.Count.ShouldBeGreaterThan((count - 1) / 2);
        }
    }

    [Fact]
    public void Choose_OrderOfTheTable_IsNothing()
    {
        var instances = Instances(7);
        var ((one, pool), (other, turned)) = (Of(instances), Of([.. instances.Reverse()]));
        for (var i = 0; i < 1000; i++) other.Choose(turned, Key(i), Any).ShouldBe(one.Choose(pool, Key(i), Any));
    }

    [Theory]
    [InlineData(125, 4)]
    [InlineData(200, 10)]
    public void Choose_OneHotKey_FillsNobodyBeyondTheBound(int load, int count)
    {
        var instances = Instances(count);
        var (hash, pool) = Of(instances, load);
        const int requests = 400;

        for (var i = 0; i < requests; i++) hash.Choose(pool, Key(1), Any)!.Enter();

        instances.Sum(i => i.InFlight).ShouldBe(requests);
        foreach (var instance in instances) instance.InFlight.ShouldBeLessThanOrEqualTo((int)Math.Ceiling(requests * load / 100.0 / count));
        // The first of its order still has more than its share.
        instances.Max(i => i.InFlight).ShouldBeGreaterThan(requests / count);
    }

    [Fact]
    public void Choose_FewInFlight_StaysTogether()
    {
        var instances = Instances(5);
        var (hash, pool) = Of(instances, 125);
        for (var i = 0; i < 8; i++) hash.Choose(pool, Key(7), Any)!.Enter();
        instances.Max(i => i.InFlight).ShouldBe(8);
    }

    [Fact]
    public void Choose_FirstOfItsOrderIsTried_TakesTheNextAndComesBack()
    {
        var instances = Instances(4);
        var (hash, pool) = Of(instances);
        var first = hash.Choose(pool, Key(3), Any)!;
        var second = hash.Choose(pool, Key(3), Any with { Tried = [first] })!;
        second.ShouldNotBe(first);
        hash.Choose(pool, Key(3), Any with { Tried = [first, second] }).ShouldNotBeOneOf(first, second);
        hash.Choose(pool, Key(3), Any).ShouldBe(first);
        hash.Choose(pool, Key(3), Any with { Tried = instances }).ShouldBeNull();
    }

    [Fact]
    public void Pick_WeightOfOneRises_MovesKeysToItOnly()
    {
        static CompiledDestination[] Destinations(int weight) => [new(3, Instances(3), new ReleaseCounters(1)), new(weight, Instances(3), new ReleaseCounters(2))];

        var moved = new HashSet<int>();
        foreach (var weight in (int[])[1, 2, 3, 9])
        {
            var destinations = Destinations(weight);
            var now = Enumerable.Range(0, Keys).Where(i => Rendezvous.Pick(destinations, Key(i)) == 1).ToHashSet();
            ((double)now.Count / Keys).ShouldBe(weight / (3.0 + weight), 0.02);
            now.IsSupersetOf(moved).ShouldBeTrue();
            moved = now;
        }
    }
}
