using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Slipway.Gateway.Retrying;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Retrying;

public sealed class RetryTests
{
    static Route To(RetryPolicy retries, params RunningBackend[] backends) => Routes.To(backends) with { Policy = new RoutePolicy { Retries = retries } };

    /// <summary>Counts what it is asked, and answers with a status and a body that nobody should see.</summary>
    sealed class Failing(int status, string body = "no")
    {
        public int Asked;

        public Task<Backend> Start(string name) => Backend.Start(name, async context =>
        {
            Interlocked.Increment(ref Asked);
            context.Response.StatusCode = status;
            context.Response.Headers["X-Bad"] = "1";
            await context.Response.WriteAsync(body);
        });
    }

    [Theory]
    [InlineData(503, 0)]
    [InlineData(502, 100)]
    [InlineData(504, 200_000)]
    public async Task Get_AnsweredWithAStatusOfTheRule_IsAskedElsewhere_AndCountedOnce(int status, int length)
    {
        var failing = new Failing(status, new string('x', length));
        await using var ill = await failing.Start("ill");
        await using var well = await Backend.Start("well");
        await using var gateway = await Start();
        await gateway.Publish(To(new RetryPolicy { Budget = 100 }, ill, well));
        using var client = gateway.Client();

        for (var i = 0; i < 20; i++)
        {
            using var answer = await client.GetAsync("/", Cancel);
            (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe((HttpStatusCode.OK, "well"));
            answer.Headers.Contains("X-Bad").ShouldBeFalse();
        }

        failing.Asked.ShouldBeGreaterThanOrEqualTo(10, "ties are taken in turn");
        var report = await gateway.Control.Report(Cancel);
        var traffic = report.Releases.Single(r => r.App.Value == "shop");
        (traffic.Requests, traffic.Failed, traffic.ByClass[2], traffic.ByClass[5], traffic.Retries).ShouldBe((20, 0, 20, 0, failing.Asked));
        report.Instances.ShouldAllBe(i => i.InFlight == 0);
    }

    [Theory]
    [InlineData("POST", false)]
    [InlineData("DELETE", false)]
    [InlineData("PUT", true)]
    public async Task Request_ThatMayNotBeRepeatedOrHasABody_GetsTheAnswerThereIs(string method, bool hasBody)
    {
        var failing = new Failing(503);
        await using var a = await failing.Start("a");
        await using var b = await failing.Start("b");
        await using var gateway = await Start();
        await gateway.Publish(To(new RetryPolicy { Methods = ["GET", "PUT"] }, a, b));
        using var client = gateway.Client();
        using var request = new HttpRequestMessage(new HttpMethod(method), "/") { Content = hasBody ? new StringContent("x") : null };
        (await client.SendAsync(request, Cancel)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        failing.Asked.ShouldBe(1);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 4)]
    [InlineData(10, 5)]
    public async Task Get_AllFail_IsSentSoOftenAndGetsTheLastAnswer(int attempts, int asked)
    {
        var failing = new Failing(503);
        var backends = new List<Backend>();
        for (var i = 0; i < 5; i++) backends.Add(await failing.Start($"i{i}"));
        await using var gateway = await Start();
        await gateway.Publish(To(new RetryPolicy { Attempts = attempts }, [.. backends]));
        using var client = gateway.Client();
        using var answer = await client.GetAsync("/", Cancel);
        (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe((HttpStatusCode.ServiceUnavailable, "no"));
        failing.Asked.ShouldBe(asked, "each instance once at most");
        foreach (var backend in backends) await backend.DisposeAsync();
    }

    [Fact]
    public async Task Get_StatusThatIsNotOfTheRule_IsPassedOn()
    {
        var failing = new Failing(500);
        await using var a = await failing.Start("a");
        await using var b = await failing.Start("b");
        await using var gateway = await Start();
        await gateway.Publish(To(new RetryPolicy(), a, b));
        using var client = gateway.Client();
        (await client.GetAsync("/", Cancel)).StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        failing.Asked.ShouldBe(1);
    }

    [Fact]
    public async Task Get_HeadBreaksOff_IsAskedElsewhere()
    {
        await using var ill = RawUpstream.Answering("HTTP/1.1 200 O");
        await using var well = await Backend.Start("well");
        await using var gateway = await Start();
        await gateway.Publish(To(new RetryPolicy(), ill, well));
        using var client = gateway.Client();
        for (var i = 0; i < 6; i++) (await client.GetStringAsync("/", Cancel)).ShouldBe("well");
    }

    [Fact]
    public async Task Get_InstanceTakesTooLong_IsAskedElsewhere()
    {
        await using var slow = new RawUpstream(async socket =>
        {
            await RawUpstream.ReadHead(socket);
            await Task.Delay(Timeout.Infinite, Cancel);
        }, "slow");
        await using var well = await Backend.Start("well");
        await using var gateway = await Start();
        await gateway.Publish(To(new RetryPolicy { PerTry = TimeSpan.FromSeconds(1) }, slow, well));
        using var client = gateway.Client();
        for (var i = 0; i < 4; i++) (await client.GetStringAsync("/", Cancel)).ShouldBe("well");
        (await gateway.Control.Report(Cancel)).Releases.Single(r => r.App.Value == "shop").Retries.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Budget_Spent_TheAnswerGoesToTheClient()
    {
        var failing = new Failing(503);
        await using var a = await failing.Start("a");
        await using var b = await failing.Start("b");
        await using var gateway = await Start();
        await gateway.Publish(To(new RetryPolicy { Attempts = 1, Budget = 1 }, a, b));
        using var client = gateway.Client();

        for (var i = 0; i < 60; i++) (await client.GetAsync("/", Cancel)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        var traffic = (await gateway.Control.Report(Cancel)).Releases.Single(r => r.App.Value == "shop");
        (traffic.Requests, traffic.ByClass[5]).ShouldBe((60, 60));
        // The floor is one a second of a window of ten; the window may have moved on meanwhile.
        traffic.Retries.ShouldBeInRange(10, 30);
        traffic.RetriesDenied.ShouldBe(60 - traffic.Retries);
        failing.Asked.ShouldBe(60 + (int)traffic.Retries);
        (await gateway.Control.Report(Cancel)).Instances.ShouldAllBe(i => i.InFlight == 0);
    }

    [Fact]
    public async Task Split_AnotherRelease_IsNoOtherInstance()
    {
        var failing = new Failing(503);
        await using var ill = await failing.Start("ill");
        await using var well = await Backend.Start("well");
        await using var gateway = await Start();
        await gateway.Publish(To(new RetryPolicy(), well) with
        {
            Destinations = [Routes.To(1, 5000, well), Routes.To(2, 5000, ill)],
            Split = new RouteSplit { Release = 2, Sticky = StickyKind.None, Key = Convert.ToBase64String(new byte[32]) },
        });
        using var client = gateway.Client();
        var bad = 0;
        for (var i = 0; i < 60; i++) bad += (await client.GetAsync("/", Cancel)).StatusCode == HttpStatusCode.ServiceUnavailable ? 1 : 0;

        bad.ShouldBe(failing.Asked);
        var releases = (await gateway.Control.Report(Cancel)).Releases;
        releases.Single(r => r.Release == 2).ByClass[5].ShouldBe(bad, "the judge sees what the release answers");
    }

    [Fact]
    public async Task KeptConnection_ClosedMeanwhile_IsNoRetry()
    {
        var asked = 0;
        await using var backend = new RawUpstream(async socket =>
        {
            // One answer, and the connection is reset when the next request is on it.
            await RawUpstream.ReadHead(socket);
            Interlocked.Increment(ref asked);
            await socket.SendAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), System.Net.Sockets.SocketFlags.None);
            await RawUpstream.ReadHead(socket);
            socket.Close(0);
        });
        await using var gateway = await Start();
        await gateway.Publish(To(new RetryPolicy(), backend));
        using var client = gateway.Client();
        for (var i = 0; i < 5; i++) (await client.GetStringAsync("/", Cancel)).ShouldBe("ok");
        (await gateway.Control.Report(Cancel)).Releases.Single(r => r.App.Value == "shop").Retries.ShouldBe(0);
        asked.ShouldBe(5);
    }

    [Fact]
    public async Task Request_AfterOneThatWasSentOnceMore_HasAllItsAttempts()
    {
        var failing = new Failing(503);
        await using var a = await failing.Start("a");
        await using var b = await failing.Start("b");
        await using var gateway = await Start();
        await gateway.Publish(To(new RetryPolicy { Attempts = 1, Budget = 100 }, a, b));
        // One connection: what the gateway keeps of a request is there for the next.
        var answers = await gateway.Raw(string.Concat(Enumerable.Repeat("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n", 3)) + "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n");
        answers.Split("HTTP/1.1 503").Length.ShouldBe(5);
        failing.Asked.ShouldBe(8);
    }

    [Fact]
    public void Budget_IsAShareOfTheWindow_AndAFloor()
    {
        var now = 5_000_000L;
        var budget = new RetryBudget(20, () => now);
        int Taken()
        {
            var taken = 0;
            while (budget.TryTake()) taken++;
            return taken;
        }

        Taken().ShouldBe(10);
        budget.HasRoom.ShouldBeFalse();
        for (var i = 0; i < 1000; i++) budget.Count();
        Taken().ShouldBe(190);
        now += 9_000;
        Taken().ShouldBe(0);
        now += 1_000;
        budget.HasRoom.ShouldBeTrue("the window has moved on");
        Taken().ShouldBe(10);
    }
}
