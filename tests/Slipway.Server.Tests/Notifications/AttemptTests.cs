using Slipway.Delivery;
using Slipway.Server.Notifications;

namespace Slipway.Server.Tests.Notifications;

public sealed class AttemptTests
{
    static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);
    static readonly WebhookOptions Options = new();

    [Fact]
    public void Of_Accepted_IsDelivered() => Of(new WebhookTrial(true, 204, null)).State.ShouldBe("delivered");

    [Theory]
    [InlineData(0, 0.0, 0.5)]
    [InlineData(0, 1.0, 1)]
    [InlineData(3, 1.0, 8)]
    [InlineData(3, 0.5, 6)]
    [InlineData(40, 1.0, 600)]
    public void Of_Refused_WaitsTwiceAsLongEachTime_WithJitter(int attempts, double chance, double seconds)
    {
        var attempt = Of(new WebhookTrial(false, 503, "no"), attempts, chance: chance);
        attempt.State.ShouldBe("waiting");
        (attempt.Next - Now).ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Theory]
    [InlineData(120, 120)]
    [InlineData(100_000, 3600)]
    public void Of_ReceiverAsksToWait_IsWaitedFor_WithinAnHour(int asked, int seconds) =>
        (Of(new WebhookTrial(false, 429, "no") { RetryAfter = TimeSpan.FromSeconds(asked) }).Next - Now).ShouldBe(TimeSpan.FromSeconds(seconds));

    [Theory]
    [InlineData(23, "waiting")]
    [InlineData(24, "dead")]
    public void Of_FailingForADay_IsDead(int hours, string state) => Of(new WebhookTrial(false, 500, "no"), attempts: 100, first: Now.AddHours(-hours)).State.ShouldBe(state);

    [Theory]
    [InlineData(400, 3, "waiting")]
    [InlineData(400, 4, "dead")]
    [InlineData(413, 4, "dead")]
    [InlineData(422, 4, "dead")]
    [InlineData(401, 4, "waiting")]
    [InlineData(503, 4, "waiting")]
    public void Of_RefusedForItsContent_IsDeadAfterFiveAttempts(int status, int attempts, string state) => Of(new WebhookTrial(false, status, "no"), attempts).State.ShouldBe(state);

    [Fact]
    public void Of_Gone_IsDisabledAtOnce() => Of(new WebhookTrial(false, 410, "the receiver answered 410 Gone")).Disabled.ShouldNotBeNull().ShouldContain("410 Gone");

    [Theory]
    [InlineData(71, 50, false)]
    [InlineData(73, 5, false)]
    [InlineData(73, 9, true)]
    public void Of_NothingTakenForThreeDays_IsDisabledWithItsReason(int hours, int failures, bool disabled)
    {
        var attempt = Of(new WebhookTrial(false, null, "the receiver can't be reached"), 3, failing: Now.AddHours(-hours), failures: failures);
        (attempt.Disabled is not null).ShouldBe(disabled);
        if (disabled) attempt.Disabled!.ShouldBe("it has taken nothing since 2026-11-26 11:00 UTC; the last time the receiver can't be reached");
    }

    static Attempt Of(WebhookTrial trial, int attempts = 0, double chance = 1, DateTimeOffset? first = null, DateTimeOffset? failing = null, int failures = 0) => Attempt.Of(
        new ReleaseWebhookRow { Failures = failures, Failing = failing is { } since ? ReleaseWebhookRow.Text(since) : null },
        new DeliveryRow { Attempts = attempts, First = first is { } began ? ReleaseWebhookRow.Text(began) : null }, trial, Options, Now, chance);
}
