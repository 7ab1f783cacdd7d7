namespace Slipway.Model.Tests;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("10s", 10)]
    [InlineData("1m30s", 90)]
    [InlineData("1.5s", 1.5)]
    [InlineData("1h5m30s20ms", 3930.02)]
    [InlineData("500us", 0.0005)]
    [InlineData("1d", 86400)]
    [InlineData("0", 0)]
    public void TryParse_GivesSeconds(string text, double seconds)
    {
        Durations.TryParse(text, out var duration).ShouldBeTrue();
        duration.TotalSeconds.ShouldBe(seconds, 1e-7);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("s")]
    [InlineData("10x")]
    [InlineData("-5s")]
    [InlineData("1 s")]
    [InlineData("99999999999h")]
    [InlineData("1..5s")]
    public void TryParse_RefusesOthers(string text) => Durations.TryParse(text, out _).ShouldBeFalse();
}
