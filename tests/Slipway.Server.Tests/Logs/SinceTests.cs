using Slipway.Model;
using Slipway.Server.Logs;

namespace Slipway.Server.Tests.Logs;

public sealed class SinceTests
{
    static readonly DateTimeOffset Now = new(2026, 2, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("90s", "2026-02-01T11:58:30Z")]
    [InlineData("10m", "2026-02-01T11:50:00Z")]
    [InlineData("1.5h", "2026-02-01T10:30:00Z")]
    [InlineData("1d", "2026-01-31T12:00:00Z")]
    [InlineData("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00Z")]
    public void Parse_TimeOrDuration_GivesTheTime(string text, string expected) =>
        Since.Parse(text, Now).ShouldBe(DateTimeOffset.Parse(expected, null));

    [Theory]
    [InlineData("soon")]
    [InlineData("m")]
    [InlineData("-5m")]
    [InlineData("999999999999d")]
    public void Parse_Neither_SaysWhatWouldBeRight(string text)
    {
        var wrong = Should.Throw<InvalidInputException>(() => Since.Parse(text, Now)).Diagnostics.ShouldHaveSingleItem();

        wrong.Key.ShouldBe("since");
        wrong.Found.ShouldBe(text);
    }

    [Fact]
    public void Parse_Nothing_IsFromTheBeginning() => Since.Parse(null, Now).ShouldBeNull();
}
