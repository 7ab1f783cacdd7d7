using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Http;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Routing;

public sealed class SwitchTests
{
    const int Clients = 16, Switches = 120;

    /// <summary>The promise of a switch: what begins after the acknowledgement goes to the new side, and nothing fails.</summary>
    [Fact]
    public async Task Publish_UnderLoad_NothingBegunAfterwardsReachesTheOldSide()
    {
        await using var blue = await Backend.Start("blue");
        await using var green = await Backend.Start("green");
        await using var gateway = await Start();
        Route Side(Backend side) => Routes.To() with { Destinations = [Routes.To(side == blue ? 1 : 2, 1, side)] };
        await gateway.Publish(Side(blue));
        // Even: blue is live. Odd: a switch is going on, anything may answer. A multiple of four: blue again.
        var phase = 0;
        var wrong = new ConcurrentQueue<string>();
        var answered = 0;
        using var stop = new CancellationTokenSource();

        var load = Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            using var client = gateway.Client();
            while (!stop.IsCancellationRequested)
            {
                var before = Volatile.Read(ref phase);
                using var answer = await client.GetAsync("/", Cancel);
                var name = await answer.Content.ReadAsStringAsync(Cancel);
                Interlocked.Increment(ref answered);
                if (answer.StatusCode != HttpStatusCode.OK) wrong.Enqueue($"{answer.StatusCode} {name}");
                else if (before % 2 == 0 && Volatile.Read(ref phase) == before && name != (before % 4 == 0 ? "blue" : "green")) wrong.Enqueue($"{name} in phase {before}");
            }
        }, Cancel)).ToList();
        for (var i = 1; i <= Switches; i++)
        {
            var (old, next) = i % 2 == 1 ? (blue, green) : (green, blue);
            Interlocked.Increment(ref phase);
            await gateway.Publish(Side(next));
            Interlocked.Increment(ref phase);
            // The old side drains: once its count is zero it never rises again in this phase.
            await Eventually.Holds(async () => await gateway.Instance(old.Name) is null or { InFlight: 0 });
            (await gateway.Instance(old.Name) is null or { InFlight: 0 }).ShouldBeTrue();
            var target = Volatile.Read(ref answered) + 20;
            await Eventually.Holds(() => Task.FromResult(Volatile.Read(ref answered) >= target));
        }
        await stop.CancelAsync();
        await Task.WhenAll(load);

        wrong.ShouldBeEmpty();
        (await gateway.Control.Report(Cancel)).Releases.Sum(r => r.Failed).ShouldBe(0);
        (await gateway.Control.Report(Cancel)).Releases.Sum(r => r.Requests).ShouldBe(answered);
    }

    [Fact]
    public async Task Report_InstanceLostItsRoute_StaysUntilNothingIsInFlight()
    {
        var release = new TaskCompletionSource();
        await using var old = await Backend.Start("old", async context =>
        {
            await release.Task;
            await context.Response.WriteAsync("old");
        });
        await using var next = await Backend.Start("next");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(old));
        using var client = gateway.Client();
        var held = client.GetStringAsync("/", Cancel);
        await Eventually.Holds(async () => await gateway.Instance("old") is { InFlight: 1 });

        await gateway.Publish(Routes.To(next));

        (await gateway.Instance("old"))!.InFlight.ShouldBe(1);
        (await client.GetStringAsync("/", Cancel)).ShouldBe("next");
        release.SetResult();
        (await held).ShouldBe("old");
        await Eventually.Holds(async () => await gateway.Instance("old") is null);
    }
}
