using System.Text;
using System.Text.Json.Nodes;
using Slipway.Model;
using Slipway.Server.Notifications;

namespace Slipway.Server.Tests.Notifications;

public sealed class ReleaseMessageTests
{
    static readonly ReleaseEvent Judged = new()
    {
        Id = 42, Time = new DateTimeOffset(2026, 11, 29, 10, 0, 0, TimeSpan.Zero), Type = ReleaseEvents.RollingBack, App = AppName.Parse("shop"), Rollout = 7, Release = 4, From = 3, Step = 1, Weight = 2500,
        By = "al<ice>", Text = "errors: 12% & more <!channel>",
    };

    [Fact]
    public void Of_CloudEvents_HasTheAttributesAndTheEventAsData()
    {
        var message = JsonNode.Parse(ReleaseMessage.Of(Judged, "cloudevents", "urn:uuid:1"))!;

        message["specversion"]!.GetValue<string>().ShouldBe("1.0");
        message["id"]!.GetValue<string>().ShouldBe("42");
        message["source"]!.GetValue<string>().ShouldBe("urn:uuid:1");
        message["type"]!.GetValue<string>().ShouldBe("slipway.release.rolling-back");
        message["subject"]!.GetValue<string>().ShouldBe("shop");
        message["time"]!.GetValue<DateTimeOffset>().ShouldBe(Judged.Time);
        message["datacontenttype"]!.GetValue<string>().ShouldBe("application/json");
        var data = message["data"]!;
        (data["app"]!.GetValue<string>(), data["release"]!.GetValue<int>(), data["weight"]!.GetValue<int>(), data["text"]!.GetValue<string>()).ShouldBe(("shop", 4, 2500, Judged.Text!));
    }

    [Fact]
    public void Of_Slack_IsALineThatMentionsNobody() =>
        JsonNode.Parse(Encoding.UTF8.GetString(ReleaseMessage.Of(Judged, "slack", "urn:uuid:1")))!["text"]!.GetValue<string>()
            .ShouldBe(":warning: *shop* v4 rolling back: errors: 12% &amp; more &lt;!channel&gt; (by al&lt;ice&gt;)");

    [Theory]
    [InlineData("shop", false, "", "shop", true)]
    [InlineData("shop", false, "", "other", false)]
    [InlineData("shop", false, "", "shop--pr-1", false)]
    [InlineData("shop", true, "", "shop--pr-1", true)]
    [InlineData("shop", true, "", "shopping", false)]
    [InlineData("shop", true, "", "shopping--pr-1", false)]
    [InlineData("shop", false, "", null, true)]
    [InlineData("*", false, "", "other", true)]
    [InlineData("*", false, "", "shop--pr-1", false)]
    [InlineData("*", true, "", "shop--pr-1", true)]
    [InlineData("shop", false, "done,rolling-back", "shop", true)]
    [InlineData("shop", false, "done", "shop", false)]
    public void Wants_IsByAppPreviewAndType(string place, bool previews, string events, string? app, bool wanted) =>
        new ReleaseWebhookRow { App = place, Previews = previews, Events = events }.Wants(Judged with { App = app is null ? null : AppName.Parse(app) }).ShouldBe(wanted);
}
