using System.Text;
using Microsoft.AspNetCore.Http;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Measuring;

public sealed class AnswerTimesTests
{
    [Fact]
    public async Task Report_TellsTimesApartByHowRequestsEnded_AndTheyAddUpToTheRequests()
    {
        var held = new TaskCompletionSource();
        await using var backend = await Backend.Start("web", async context =>
        {
            if (context.Request.Path == "/held") await held.Task;
            context.Response.StatusCode = int.Parse(context.Request.Query["status"].ToString() is { Length: > 0 } text ? text : "200", null);
        });
        await using var breaking = RawUpstream.Answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        await using var gateway = await Start();
        using var client = gateway.Client();
        await gateway.Publish(Routes.To(backend), Routes.To("half.test", breaking));

        foreach (var status in (int[])[200, 200, 204, 302, 404, 500]) await client.GetAsync($"/?status={status}", Cancel);
        // How much of it the client sees before the reset is chance.
        await gateway.Raw("GET / HTTP/1.1\r\nHost: half.test\r\n\r\n");
        using (var leaving = await gateway.Connect(Cancel))
        {
            await leaving.SendAsync(Encoding.ASCII.GetBytes("GET /held HTTP/1.1\r\nHost: app.test\r\n\r\n"), Cancel);
            await Eventually.Holds(async () => (await gateway.Instance("web"))!.InFlight == 1);
        }
        await Eventually.Holds(async () => (await gateway.Instance("web"))!.InFlight == 0);
        held.SetResult();

        var traffic = (await gateway.Control.Report(Cancel)).Releases.Single();
        traffic.Times!.Classes.Select(c => (c.Class, c.Counts.Sum())).ShouldBe([("2xx", 3), ("3xx", 1), ("4xx", 1), ("5xx", 1), ("failed", 1), ("left", 1)]);
        (traffic.Requests, traffic.Failed).ShouldBe((8, 1));
        // Half an answer has its class, and has failed.
        traffic.ByClass.ShouldBe([0, 0, 4, 1, 1, 1]);
        traffic.Times.Served().Sum().ShouldBe(6);
    }
}
