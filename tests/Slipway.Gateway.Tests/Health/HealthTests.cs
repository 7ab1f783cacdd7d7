using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Health;

public sealed class HealthTests
{
    static RoutePolicy Policy(int share = 100, int fails = 2) => new()
    {
        Health = new HealthPolicy { Path = "/healthz?full=1", Every = TimeSpan.FromMilliseconds(100), Timeout = TimeSpan.FromSeconds(1), Fails = fails, MaxShare = share },
    };

    sealed class Patient
    {
        public volatile int Status = 200;
        public volatile bool Hang;
        public readonly ConcurrentQueue<(string Agent, string Host, string Target)> Probes = [];

        public Task<Backend> Start(string name) => Backend.Start(name, context =>
        {
            if (context.Request.Path != "/healthz") return context.Response.WriteAsync(name);
            Probes.Enqueue((context.Request.Headers.UserAgent.ToString(), context.Request.Host.Value!, $"{context.Request.Path}{context.Request.QueryString}"));
            context.Response.StatusCode = Status;
            return Hang ? Task.Delay(Timeout.Infinite, context.RequestAborted) : Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Instance_ThatFailsItsChecks_GetsNoRequests_UntilItPassesAgain()
    {
        var (one, two) = (new Patient(), new Patient());
        await using var a = await one.Start("a");
        await using var b = await two.Start("b");
        await using var gateway = await Start();
        var route = Routes.To(a, b) with { Policy = Policy() };
        await gateway.Publish(route);
        using var client = gateway.Client();
        await Eventually.Holds(() => Task.FromResult(!one.Probes.IsEmpty && !two.Probes.IsEmpty));
        one.Probes.TryPeek(out var probe).ShouldBeTrue();
        probe.ShouldBe(("slipway-health", "app.test", "/healthz?full=1"));

        two.Status = 503;
        await Eventually.Holds(async () => (await gateway.Instance("b"))!.Unhealthy is not null);

        (await gateway.Instance("b"))!.Unhealthy.ShouldBe("GET /healthz?full=1 was answered 503");
        (await gateway.Instance("a"))!.Unhealthy.ShouldBeNull();
        for (var i = 0; i < 20; i++) (await client.GetStringAsync("/", Cancel)).ShouldBe("a");
        // Another table knows it too.
        await gateway.Publish(route, Routes.To("other.test", a));
        for (var i = 0; i < 20; i++) (await client.GetStringAsync("/", Cancel)).ShouldBe("a");
        (await gateway.Control.Report(Cancel)).Releases.Single(r => r.App.Value == "shop").Requests.ShouldBe(40, "probes are no requests");

        two.Status = 204;
        await Eventually.Holds(async () => (await gateway.Instance("b"))!.Unhealthy is null);
        await Eventually.Holds(async () => await client.GetStringAsync("/", Cancel) == "b");
    }

    [Theory]
    [InlineData(100)]
    [InlineData(40)]
    public async Task Instances_TooManyFail_AreAskedAllTheSame(int share)
    {
        var (one, two) = (new Patient(), new Patient());
        (one.Status, two.Status) = (500, share == 100 ? 500 : 200);
        await using var a = await one.Start("a");
        await using var b = await two.Start("b");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(a, b) with { Policy = Policy(share) });
        using var client = gateway.Client();
        await Eventually.Holds(async () => (await gateway.Instance("a"))!.Unhealthy is not null && (share < 100 || (await gateway.Instance("b"))!.Unhealthy is not null));
        var answers = new HashSet<string>();
        for (var i = 0; i < 20; i++) answers.Add(await client.GetStringAsync("/", Cancel));
        answers.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Instance_ThatHangsOrIsGone_FailsItsChecks()
    {
        await using var hangs = new RawUpstream(async socket =>
        {
            await RawUpstream.ReadHead(socket);
            await Task.Delay(Timeout.Infinite, Cancel);
        }, "hangs");
        await using var well = await new Patient().Start("well");
        var gone = await new Patient().Start("gone");
        await gone.Stop();
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(hangs, gone, well) with { Policy = Policy(fails: 1) });
        await Eventually.Holds(async () => (await gateway.Instance("hangs"))!.Unhealthy is not null && (await gateway.Instance("gone"))!.Unhealthy is not null);
        (await gateway.Instance("hangs"))!.Unhealthy.ShouldBe("GET /healthz?full=1 was not answered within 1 s");
        (await gateway.Instance("gone"))!.Unhealthy.ShouldNotBeNull().ShouldStartWith("GET /healthz?full=1 failed: ");
        using var client = gateway.Client();
        for (var i = 0; i < 10; i++) (await client.GetStringAsync("/", Cancel)).ShouldBe("well");
    }

    [Fact]
    public async Task Instance_ThatFailedItsChecks_GetsNoRequestsOfTheNextGatewayEither()
    {
        var (one, two) = (new Patient(), new Patient { Status = 503 });
        await using var a = await one.Start("a");
        await using var b = await two.Start("b");
        var folder = NewFolder();
        await using (var first = await Start(folder))
        {
            await first.Publish(Routes.To(a, b) with { Policy = Policy() });
            await Eventually.Holds(async () => (await first.Instance("b"))!.Unhealthy is not null);
            // While it runs: one that is killed has no time for it.
            await Eventually.Holds(async () => File.Exists(first.Options.InstancesFile) && (await File.ReadAllTextAsync(first.Options.InstancesFile, Cancel)).Contains("\"b\"", StringComparison.Ordinal));
        }
        // Of itself the next one would find it out after two time-outs of a second.
        two.Hang = true;
        await using (var next = await Start(folder))
        {
            using var client = next.Client();
            for (var i = 0; i < 20; i++) (await client.GetStringAsync("/", Cancel)).ShouldBe("a");
            (await next.Instance("b"))!.Unhealthy.ShouldBe("GET /healthz?full=1 was answered 503");

            (two.Hang, two.Status) = (false, 200);
            await Eventually.Holds(async () => await client.GetStringAsync("/", Cancel) == "b");
        }
        await using var third = await Start(folder);
        (await third.Instance("b"))!.Unhealthy.ShouldBeNull();
    }

    [Theory]
    [InlineData("{\"unhealthy\":[{\"inst")]
    [InlineData("null")]
    public async Task Memory_Broken_IsNoReasonNotToStart(string content)
    {
        await using var a = await new Patient().Start("a");
        var folder = NewFolder();
        await File.WriteAllTextAsync(Path.Combine(folder, "instances.json"), content, Cancel);
        await using var gateway = await Start(folder);
        await gateway.Publish(Routes.To(a) with { Policy = Policy() });
        (await gateway.Client().GetStringAsync("/", Cancel)).ShouldBe("a");
    }

    [Fact]
    public async Task Route_Gone_IsAskedNoMore()
    {
        var (patient, other) = (new Patient(), new Patient());
        await using var a = await patient.Start("a");
        await using var b = await other.Start("b");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(a) with { Policy = Policy() });
        await Eventually.Holds(() => Task.FromResult(patient.Probes.Count > 2));

        await gateway.Publish(Routes.To(b) with { Policy = Policy() });
        await Eventually.Holds(() => Task.FromResult(other.Probes.Count > 1));
        var count = patient.Probes.Count;
        var then = other.Probes.Count;
        await Eventually.Holds(() => Task.FromResult(other.Probes.Count > then + 5));

        // One may have been under way.
        patient.Probes.Count.ShouldBeLessThanOrEqualTo(count + 1);
    }
}
