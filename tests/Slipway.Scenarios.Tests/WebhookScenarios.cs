using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Slipway.Contracts;

namespace Slipway.Scenarios.Tests;

/// <summary>A team's chat and CI that follow releases: docs/reference/webhooks.md.</summary>
public sealed class WebhookScenarios
{
    [Fact]
    public async Task Receiver_OfAServerThatIsKilledAgainAndAgain_GetsEveryEventInOrderAndNoneThatDidNotHappen()
    {
        await using var slipway = new SlipwayProcess();
        await slipway.InitializeAsync();
        await using var receiver = await Receiver.Start();
        var added = await slipway.Do("webhook", "add", receiver.Url, "--name", "chat");
        added.Output.ShouldContain("signed with whsec_");
        // Every third is refused once, so that the server dies with attempts under way and with some that wait.
        var calls = 0;
        receiver.Decide = _ => Interlocked.Increment(ref calls) % 3 == 0 ? 503 : 200;

        var happened = new List<string>();
        for (var round = 0; round < 3; round++)
        {
            for (var one = 0; one < 4; one++)
            {
                happened.Add($"r{round}-{one}");
                (await slipway.Api.PutAsJsonAsync("freeze", new { reason = happened[^1] })).EnsureSuccessStatusCode();
            }
            slipway.Kill("server");
            await SlipwayProcess.Until(async () => (await slipway.Api.GetAsync("status")).IsSuccessStatusCode, "the server is back");
        }
        receiver.Decide = null;
        await SlipwayProcess.Until(async () => (await slipway.List("webhooks"))[0]!["waiting"]!.GetValue<int>() == 0 && Reasons(receiver).Contains(happened[^1]), "all is delivered");

        // At least once: a repeat has the identifier of the first.
        var taken = receiver.Deliveries.Where(one => one.Answer == 200).DistinctBy(one => one.Headers["webhook-id"]).ToList();
        taken.Select(Reason).ShouldBe(happened);
        (await slipway.Do("webhook", "deliveries", "chat", "--state", "dead")).Output.ShouldContain("No deliveries");
        (await slipway.Do("webhook", "ls")).Output.ShouldContain("ok");
    }

    static IEnumerable<string> Reasons(Receiver receiver) => receiver.Deliveries.Where(one => one.Answer == 200).Select(Reason);

    static string Reason(Delivered one) => JsonNode.Parse(one.Body)!["data"]!["text"]!.GetValue<string>();
}
