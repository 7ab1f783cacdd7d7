using Slipway.Cli.Api;
using Slipway.Cli.Demo;
using Slipway.Model;

namespace Slipway.Scenarios.Tests;

/// <summary>The story of the demo, on the sample that people are shown.</summary>
public sealed class GuestbookScenarios
{
    [Fact]
    public async Task Guestbook_ThreeVersionsUnderLoad_NoRequestFailsAndNoEntryIsLost()
    {
        await using var slipway = new SlipwayProcess();
        await slipway.InitializeAsync();
        using var api = new ApiClient(new ServerLocation(new Uri($"http://{slipway.Listen}"), slipway.Token, ""));
        var story = new List<string>();
        // A name of its own: the developer's demo may be up on the same engine.
        var app = AppName.Parse($"guestbook-{Guid.NewGuid().ToString("N")[..6]}");
        try
        {
            var report = await new GuestbookScenario(api, app, Path.Combine(slipway.Data, "guestbook"), story.Add).Run(CancellationToken.None);

            report.Problems.ShouldBeEmpty($"{string.Join('\n', story)}\n{slipway.Logs()}");
            report.Failed.ShouldBe(0);
            report.EntriesLost.ShouldBe(0);
            report.Entries.ShouldBeGreaterThan(50);
            report.Phases.Select(phase => (phase.Name, string.Join(' ', phase.Versions.Keys.Order()))).Where(phase => !phase.Name.Contains(" to ", StringComparison.Ordinal))
                .ShouldBe([("v1 live", "1"), ("v2 staged", "1"), ("v2 live", "2"), ("v1 live again", "1"), ("v3 staged", "1"), ("v3 live", "3")]);
            // A move may be over before the next request begins.
            report.Phases.Where(phase => !phase.Name.Contains(" to ", StringComparison.Ordinal)).ShouldAllBe(phase => phase.Requests > 0);
        }
        finally
        {
            await slipway.Try("remove", app.Value, "--volumes", "--yes");
        }
    }
}
