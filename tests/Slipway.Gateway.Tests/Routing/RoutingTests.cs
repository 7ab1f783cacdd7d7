using System.Net;
using Slipway.Gateway.Control;
using Slipway.Gateway.Measuring;
using Slipway.Gateway.Routing;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Routing;

public sealed class RoutingTests
{
    [Fact]
    public async Task Request_HostOfARoute_GoesToItAlone()
    {
        await using var one = await Backend.Start("one");
        await using var two = await Backend.Start("two");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To("one.test", one), Routes.To("two.test", two));

        (await gateway.Client("one.test").GetStringAsync("/", Cancel)).ShouldBe("one");
        (await gateway.Client("TWO.test.").GetStringAsync("/", Cancel)).ShouldBe("two");
        (await gateway.Client("two.test:8080").GetStringAsync("/", Cancel)).ShouldBe("two");
        var unknown = await gateway.Client("three.test").GetAsync("/", Cancel);
        unknown.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        unknown.Headers.GetValues("X-Slipway-Error").ShouldBe(["no-route"]);
        var text = await unknown.Content.ReadAsStringAsync(Cancel);
        text.ShouldContain("three.test");
        text.ShouldNotContain("one.test");
        (await gateway.Control.Report(Cancel)).Unrouted.ShouldBe(1);
    }

    [Theory]
    [InlineData("/", "root")]
    [InlineData("/apix", "root")]
    [InlineData("/api", "api")]
    [InlineData("/api/", "api")]
    [InlineData("/api/x?y=1", "api")]
    [InlineData("/api/v2/x", "v2")]
    [InlineData("/api/../x", "root")]
    public async Task Request_PathsOfOneHost_LongestWinsAtSegments(string path, string expected)
    {
        await using var root = await Backend.Start("root");
        await using var api = await Backend.Start("api");
        await using var v2 = await Backend.Start("v2");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(root), Routes.To(api) with { Path = "/api/" }, Routes.To(v2) with { Path = "/api/v2" });

        (await gateway.Raw($"GET {path} HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n")).ShouldContain($"\r\n{expected}\r\n");
    }

    [Fact]
    public async Task Request_Weights_AreSharesOfTheRequests()
    {
        await using var stable = await Backend.Start("stable");
        await using var canary = await Backend.Start("canary");
        await using var hidden = await Backend.Start("hidden");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To() with { Destinations = [Routes.To(1, 3, stable), Routes.To(2, 1, canary), Routes.To(3, 0, hidden)] });
        using var client = gateway.Client();

        var counts = new Dictionary<string, int>();
        for (var i = 0; i < 1000; i++)
        {
            var name = await client.GetStringAsync("/", Cancel);
            counts[name] = counts.GetValueOrDefault(name) + 1;
        }

        counts.ShouldNotContainKey("hidden");
        // Ten standard deviations of a binomial with n = 1000, p = 1/4 are 137.
        counts["canary"].ShouldBeInRange(113, 387);
        var releases = (await gateway.Control.Report(Cancel)).Releases;
        releases.Single(r => r.Release == 2).Requests.ShouldBe(counts["canary"]);
        releases.Single(r => r.Release == 3).Requests.ShouldBe(0);
    }

    [Fact]
    public async Task Request_InstancesOfOneRelease_TakeTurns()
    {
        await using var a = await Backend.Start("a");
        await using var b = await Backend.Start("b");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(a, b));
        using var client = gateway.Client();

        var names = new List<string>();
        for (var i = 0; i < 10; i++) names.Add(await client.GetStringAsync("/", Cancel));

        names.Count(n => n == "a").ShouldBe(5);
    }

    [Fact]
    public async Task Request_OneInstanceBusy_GoesToTheOther()
    {
        var busy = new TaskCompletionSource();
        await using var slow = await Backend.Start("slow", async context => await busy.Task.WaitAsync(context.RequestAborted));
        await using var free = await Backend.Start("free");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(slow));
        using var client = gateway.Client();
        var held = client.GetAsync("/", Cancel);
        await Eventually.Holds(async () => await gateway.Instance("slow") is { InFlight: 1 });
        await gateway.Publish(Routes.To(slow, free));

        for (var i = 0; i < 10; i++) (await client.GetStringAsync("/", Cancel)).ShouldBe("free");

        busy.SetResult();
        (await held).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Request_RouteWithoutInstances_Answers503InItsWords()
    {
        await using var gateway = await Start();
        await gateway.Publish(Routes.To() with { Destinations = [], Unavailable = "guestbook <is> being replaced" });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "Accept", "text/html" } } };

        using var answer = await gateway.Client().SendAsync(request, Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Headers.GetValues("X-Slipway-Error").ShouldBe(["no-instance"]);
        answer.Headers.RetryAfter.ShouldNotBeNull();
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldContain("guestbook &lt;is&gt; being replaced");
    }

    [Fact]
    public async Task Publish_WrongTable_NamesEveryReasonAndChangesNothing()
    {
        await using var one = await Backend.Start("one");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(one));
        var bad = Routes.To("Bad_Host", one) with { Destinations = [new Destination { Release = 1, Weight = 1, Upstreams = [new Upstream("x", "nowhere", 99999)] }] };

        var refused = await Should.ThrowAsync<InvalidInputException>(() => gateway.Control.Publish(
            new RouteTable { Version = 9, Routes = [Routes.To(one), Routes.To(one), bad] }, Cancel));

        refused.Diagnostics.Count.ShouldBe(4);
        refused.Message.ShouldContain("app.test/");
        refused.Message.ShouldContain("Bad_Host");
        refused.Message.ShouldContain("99999");
        (await gateway.Control.Table(Cancel)).Version.ShouldBe(1);
        (await gateway.Client().GetStringAsync("/", Cancel)).ShouldBe("one");
    }

    [Fact]
    public async Task Publish_OlderVersion_IsRefusedWithTheCurrentOne()
    {
        await using var gateway = await Start();
        var table = new RouteTable { Version = 5, Routes = [] };
        await gateway.Control.Publish(table, Cancel);
        await gateway.Control.Publish(table, Cancel);

        var refused = await Should.ThrowAsync<TableRefusedException>(() => gateway.Control.Publish(table with { Version = 4 }, Cancel));

        refused.CurrentVersion.ShouldBe(5);
    }

    /// <summary>Every one of many hosts goes to its own app, and what is almost one of them to none.</summary>
    [Fact]
    public async Task Hosts_TenThousand_EachFindsItsOwn()
    {
        const int Hosts = 10_000;
        var compiler = new TableCompiler(new InstanceBook(TimeSpan.FromSeconds(30)), new TrafficBook(), new StreamBook());
        var table = compiler.Compile(new RouteTable
        {
            Version = 1,
            Routes = [.. Enumerable.Range(0, Hosts).Select(i => Routes.To($"host{i}.example.com") with { App = AppName.Parse($"app{i}") })],
        });

        for (var i = 0; i < Hosts; i++)
        {
            table.Find($"HOST{i}.example.com:8000", "/some/path", null!)!.Source.App.ToString().ShouldBe($"app{i}");
            table.Find($"host{i}.example.co", "/", null!).ShouldBeNull();
        }
        table.Find($"host{Hosts}.example.com", "/", null!).ShouldBeNull();
        await using var backend = await Backend.Start("one");
        await using var gateway = await Start();
        await gateway.Publish([.. table.Document.Routes, Routes.To(backend)]);
        (await gateway.Client().GetStringAsync("/", Cancel)).ShouldBe("one");
        using var answer = await gateway.Client("host9999.example.com").GetAsync("/", Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }
}
