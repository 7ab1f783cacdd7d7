using Slipway.Model;
using Slipway.Releases.Canary;

namespace Slipway.Releases.Tests.Canary;

public sealed class TrafficSampleTests
{
    static readonly AppName Shop = AppName.Parse("shop");

    [Fact]
    public void Take_ReleaseThatFailsFast_IsAsSlowAsItServes()
    {
        // 90 of 100 are refused in a millisecond; who is served waits for 400.
        var traffic = Traffic(100, new AnswerTimes { Success = At(400, 10), ServerError = At(1, 80), Failed = At(1, 10), Upgraded = At(60_000, 5) }) with { ByClass = [0, 5, 10, 0, 0, 80], Failed = 10 };

        var next = Take(traffic).Next;

        (next.Requests, next.Errors).ShouldBe((100, 90));
        next.P99.ShouldNotBeNull().ShouldBeInRange(315, 400);
    }

    [Fact]
    public void Take_ClientsThatLeave_CountWithTheTimeThatTheyWaited()
    {
        var next = Take(Traffic(100, new AnswerTimes { Success = At(20, 95), Left = At(5000, 5) }) with { ByClass = [0, 0, 95, 0, 0, 0] }).Next;
        next.P99.ShouldNotBeNull().ShouldBeGreaterThan(4000);
    }

    [Fact]
    public void Take_AtCopies_ComparesThemWithTheRequestsThatWereCopied()
    {
        var next = Traffic(7, new AnswerTimes { Success = At(900, 7) }) with
        {
            Mirrored = new MirroredTraffic
            {
                Requests = 50, ByClass = [0, 0, 44, 0, 0, 5], Failed = 1, Dropped = 3,
                Times = new AnswerTimes { Success = At(20, 44), ServerError = At(1, 5), Failed = At(10_000, 1) },
                Originals = new AnswerTimes { Success = At(50, 46), ServerError = At(1, 2), Failed = At(10_000, 1), Left = At(50, 1) },
            },
        };

        var copies = Take(next, TrafficSample.Of.Copies);

        (copies.Next.Requests, copies.Next.Errors, copies.Next.Dropped).ShouldBe((50, 6, 3));
        copies.Next.P99.ShouldNotBeNull().ShouldBeLessThanOrEqualTo(20);
        // The other 950 were of other methods, or not drawn.
        (copies.Stable.Requests, copies.Stable.Errors).ShouldBe((50, 3));
        copies.Stable.P99.ShouldNotBeNull().ShouldBeInRange(40, 50);
        Take(next).Next.Requests.ShouldBe(7);
    }

    [Fact]
    public void Take_GatewayThatDoesNotTellClassesApart_IsNoData()
    {
        TrafficSample.Take([Report(Traffic(100, null))], Shop, new HashSet<string> { "web" }, 2, 1, default).ShouldBeNull();
        TrafficSample.Take([Report(Traffic(100, new AnswerTimes { Success = [1, 2, 3] }))], Shop, new HashSet<string> { "web" }, 2, 1, default).ShouldBeNull();
    }

    static ArmPair Take(ReleaseTraffic next, TrafficSample.Of of = TrafficSample.Of.Everybody) =>
        TrafficSample.Take([Report(next, Traffic(1000, new AnswerTimes { Success = At(20, 1000) }) with { Release = 1 })], Shop, new HashSet<string> { "web" }, 2, 1, default, of)!.Sessions.Single().Value;

    static ReleaseTraffic Traffic(long requests, AnswerTimes? times) =>
        new() { App = Shop, Service = "web", Release = 2, Requests = requests, ByClass = [0, 0, requests, 0, 0, 0], Failed = 0, Times = times };

    static GatewayReport Report(params ReleaseTraffic[] releases) => new() { Session = "one", ProcessId = 1, Started = default, TableVersion = 1, Instances = [], Releases = releases };

    static long[] At(double milliseconds, int count)
    {
        var counts = new long[ReleaseTraffic.LatencyBuckets.Count + 1];
        counts[ReleaseTraffic.LatencyBuckets.TakeWhile(bound => bound < milliseconds).Count()] = count;
        return counts;
    }
}
